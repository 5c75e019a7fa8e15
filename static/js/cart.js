// The cart changes in place: each of its forms ([data-cart-line]) is sent, and the answer's page replaces this one's main part.
// A [data-add-to-cart] button stays where it is, says that it worked and raises the count in the bar.
import { send, swapMain, swapEach } from "./swap.js";
import { toast, flashesOf } from "./toast.js";

addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const adding = submitter?.hasAttribute("data-add-to-cart");
  if (event.defaultPrevented || !(adding || form.hasAttribute("data-cart-line"))) return;
  event.preventDefault();
  const answer = await send(form, submitter);
  if (!answer) return;
  const said = flashesOf(answer.page);
  if (adding) {
    swapEach("[data-cart-count]", answer.page);
    const wrong = answer.response.ok ? null : answer.page.querySelector("h1")?.textContent;
    for (const { text, kind } of said.length ? said : [{ text: wrong ?? submitter.dataset.addToCart, kind: wrong ? "error" : "info" }]) toast(text, kind);
  } else if (!answer.response.ok || !swapMain(answer.page)) {
    toast(answer.page.querySelector("h1")?.textContent ?? "", "error");
  }
});
