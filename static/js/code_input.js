// Packing without touching the screen: what a scanner types lands in input[data-code-input], a refused code is replaced by the next
// one, and the camera goes on after each packet once it was switched on.
const input = document.querySelector("[data-code-input]");
const start = document.querySelector("[data-scan-start]");
const place = "banli:scanning";

input?.focus();
input?.select();

addEventListener("keydown", (event) => {
  if (input && !event.target.closest("input, textarea, select, button, a, summary")) input.focus();
});

start?.addEventListener("click", () => sessionStorage.setItem(place, location.pathname));
if (start && !start.hidden && sessionStorage.getItem(place) === location.pathname) start.click();
