/* The end of a payment: a cashier opened by the shim tells its merchant's page and closes itself. */
(function () {
  "use strict";
  var outcome = document.querySelector("[data-result]");
  var finish = document.querySelector("[data-finish]");
  if (!outcome || !window.opener) { return; }

  var results = { ok: "ok", paid: "ok", cancel: "cancel", fail: "fail", expired: "fail" };
  var told = false;

  function tell() {
    if (!told) { window.opener.postMessage({ sandboxPay: results[outcome.getAttribute("data-result")] }, "*"); }
    told = true;
  }

  if (finish) {
    finish.hidden = false;
    finish.addEventListener("click", function (event) {
      event.preventDefault();
      tell();
      window.close();
    });
    var noWay = document.querySelector("[data-no-way-back]");
    if (noWay) { noWay.hidden = true; }
  }
})();
