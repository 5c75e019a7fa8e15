// Counts down to a moment. Bound to <time data-countdown datetime="…">; says data-over when it has passed.
const clocks = [...document.querySelectorAll("time[data-countdown]")];

function tick() {
  for (const clock of clocks) {
    const left = Math.max(0, Math.floor((Date.parse(clock.dateTime) - Date.now()) / 1000));
    clock.textContent = left ? `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}` : clock.dataset.over;
  }
}

if (clocks.length) {
  tick();
  setInterval(tick, 1000);
}
