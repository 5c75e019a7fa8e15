/* The desktop page of QR sign-in asks every second whether the phone has answered. */
(function () {
  "use strict";
  var card = document.querySelector("[data-status-url]");
  var words = document.querySelector("[data-words]");
  if (!card || !words) { return; }

  function ask() {
    fetch(card.getAttribute("data-status-url"), { cache: "no-store" })
      .then(function (answer) { return answer.json(); })
      .then(follow)
      .catch(function () { window.setTimeout(ask, 3000); });
  }

  function follow(login) {
    words.textContent = words.getAttribute("data-" + login.status) || words.textContent;
    if (login.onward) { window.location.replace(login.onward); return; }
    if (login.status !== "expired") { window.setTimeout(ask, 1000); }
  }

  ask();
})();
