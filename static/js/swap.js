// Sends a form without leaving the page. `send(form, submitter)` gives {response, page}, the page being the parsed answer,
// or null when there is no network. `swapMain(page)` puts an answer's <main> in the place of ours and keeps the focus.
import { toast } from "./toast.js";

export async function send(form, submitter) {
  const data = new FormData(form, submitter ?? undefined);
  const url = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
  submitter?.setAttribute("aria-busy", "true");
  try {
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    const response = await fetch(url, { method: "POST", body, headers: { Accept: "text/html" } });
    return { response, page: new DOMParser().parseFromString(await response.text(), "text/html") };
  } catch {
    toast(document.documentElement.lang === "en" ? "No network. Please try again." : "没有网络，请稍后再试", "error");
    return null;
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
}

export function swapMain(page) {
  const active = document.activeElement;
  const mark = active?.getAttribute("aria-label");
  const label = active?.closest("[data-keep]")?.dataset.keep;
  const fresh = page.querySelector("#main");
  if (!fresh) return false;
  document.querySelector("#main").replaceWith(fresh);
  for (const part of ["[data-action-bar]", "[data-cart-count]"]) swapEach(part, page);
  document.title = page.title;
  const same = label && fresh.querySelector(`[data-keep="${CSS.escape(label)}"]`);
  (same?.querySelector(`[aria-label="${CSS.escape(mark ?? "")}"]`) ?? fresh.querySelector('[aria-invalid="true"]'))?.focus();
  return true;
}

export function swapEach(selector, page) {
  const [fresh] = page.querySelectorAll(selector);
  for (const old of document.querySelectorAll(selector)) fresh ? old.replaceWith(fresh.cloneNode(true)) : old.remove();
}
