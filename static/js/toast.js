// A short sentence that comes and goes. `toast(text, "error")` now; `toastLater(text)` on the next page.
const KEPT = "banli:toasts";

export function toast(text, kind = "info") {
  const box = document.querySelector(".toasts") ?? document.body.appendChild(Object.assign(document.createElement("div"), { className: "toasts" }));
  box.setAttribute("role", "status");
  const line = Object.assign(document.createElement("div"), { className: `toast toast-${kind}`, textContent: text });
  box.append(line);
  setTimeout(() => line.remove(), kind === "error" ? 6000 : 2800);
}

export function toastLater(texts) {
  if (texts.length) sessionStorage.setItem(KEPT, JSON.stringify(texts));
}

export function flashesOf(page) {
  return [...page.querySelectorAll("[data-flashes] .flash")].map((flash) => ({
    text: flash.textContent.trim(),
    kind: flash.classList.contains("flash-error") ? "error" : "info",
  }));
}

for (const { text, kind } of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) toast(text, kind);
sessionStorage.removeItem(KEPT);
