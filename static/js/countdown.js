// Counts down to a moment. Bound to <time data-countdown datetime="…">; says data-over when it has passed.
const clocks = [...document.querySelectorAll("time[data-countdown]")];

function words(left) {
  const parts = left < 3600 ? [left / 60, left % 60] : [left / 3600, (left / 60) % 60, left % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}

function tick() {
  for (const clock of clocks) {
    const left = Math.max(0, Math.floor((Date.parse(clock.dateTime) - Date.now()) / 1000));
    clock.textContent = left ? words(left) : clock.dataset.over;
  }
}

if (clocks.length) {
  tick();
  setInterval(tick, 1000);
}
