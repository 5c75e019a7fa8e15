// Says when the phone has no network, and takes it back when it has. Bound to [data-offline].
const notice = document.querySelector("[data-offline]");

function show() {
  if (notice) notice.hidden = navigator.onLine;
}

addEventListener("online", show);
addEventListener("offline", show);
show();
