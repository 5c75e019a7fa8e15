// A button that prints the page. Bound to [data-print], which is hidden where there are no scripts.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => globalThis.print());
}
