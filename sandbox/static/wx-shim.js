/*
 * A stand-in for WeixinJSBridge in an ordinary browser, for pages that pay by JSAPI during development.
 * Include it from the sandbox: <script src="{sandbox}/static/wx-shim.js" data-mode="window"></script>
 * data-mode "window" opens the cashier beside the page and calls back as WeChat does;
 * "page" leaves for the cashier, which returns to this page (no call back: ask your server, as always).
 * In the real WeChat it does nothing.
 */
(function () {
  "use strict";
  if (window.WeixinJSBridge) { return; }

  var script = document.currentScript;
  var origin = script.src.replace(/^(https?:\/\/[^/]+).*$/, "$1");
  var mode = script.getAttribute("data-mode") || "window";
  var NAMES = ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"];

  function cashierAddress(params) {
    var parts = [];
    for (var i = 0; i < NAMES.length; i += 1) {
      parts.push(NAMES[i] + "=" + encodeURIComponent(params[NAMES[i]] || ""));
    }
    return origin + "/cashier/jsapi?" + parts.join("&");
  }

  function leave(address) {
    window.location.assign(address + "&redirect_url=" + encodeURIComponent(window.location.href));
  }

  function openBeside(address, callback) {
    var cashier = window.open(address, "sandbox-cashier", "width=390,height=844");
    if (!cashier) { leave(address); return; }
    var done = false;

    function finish(result) {
      if (done) { return; }
      done = true;
      window.clearInterval(watch);
      window.removeEventListener("message", hear);
      callback({ err_msg: "get_brand_wcpay_request:" + result });
    }
    function hear(event) {
      if (event.origin === origin && event.data && event.data.sandboxPay) { finish(event.data.sandboxPay); }
    }
    var watch = window.setInterval(function () { if (cashier.closed) { finish("cancel"); } }, 500);
    window.addEventListener("message", hear);
  }

  function invoke(name, params, callback) {
    callback = callback || function () {};
    if (name !== "getBrandWCPayRequest") {
      callback({ err_msg: name + ":fail the sandbox has no such call" });
      return;
    }
    if (mode === "page") { leave(cashierAddress(params)); } else { openBeside(cashierAddress(params), callback); }
  }

  window.WeixinJSBridge = { invoke: invoke, on: function () {}, call: function () {} };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
})();
