// Asks [data-poll-url] every two seconds (slower after two minutes) and goes to `url` once it answers {"paid": true, "url": …}.
const box = document.querySelector("[data-poll-url]");
const since = Date.now();

async function ask() {
  const answer = await fetch(box.dataset.pollUrl, { headers: { Accept: "application/json" } }).then((response) => (response.ok ? response.json() : null), () => null);
  if (answer?.paid) location.replace(answer.url);
  else wait();
}

function wait() {
  setTimeout(() => (document.hidden ? addEventListener("visibilitychange", ask, { once: true }) : ask()), Date.now() - since < 120000 ? 2000 : 6000);
}

if (box) wait();
