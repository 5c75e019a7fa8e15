// Minus and plus beside a number. Bound to [data-stepper]; with data-auto-submit its form is sent half a second after the last tap.
const waiting = new WeakMap();

addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-stepper] [data-step]");
  if (!button) return;
  const input = button.closest("[data-stepper]").querySelector("input");
  const wanted = (input.valueAsNumber || 0) + Number(button.dataset.step);
  input.value = Math.min(Number(input.max || 999), Math.max(Number(input.min || 0), wanted));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-stepper]");
  if (!box) return;
  const input = box.querySelector("input");
  for (const button of box.querySelectorAll("[data-step]")) {
    button.disabled = Number(button.dataset.step) < 0 ? input.valueAsNumber <= Number(input.min) : input.valueAsNumber >= Number(input.max);
  }
  if (!("autoSubmit" in box.dataset) || !input.checkValidity()) return;
  clearTimeout(waiting.get(input.form));
  waiting.set(input.form, setTimeout(() => input.form.requestSubmit(), 450));
});
