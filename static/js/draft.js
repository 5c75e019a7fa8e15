// A form is never lost: what is typed into form[data-draft="key"] stays on the phone until the server has said yes.
// The form is sent in the background; a yes (a redirect) leads on, a no shows the server's errors in place, no network keeps everything.
import { send, swapMain } from "./swap.js";
import { flashesOf, toast, toastLater } from "./toast.js";

const english = document.documentElement.lang === "en";
const place = (form) => `banli:draft:${form.dataset.draft}`;
const drafts = (root) => root.querySelectorAll("form[data-draft]");

function keep(form) {
  const texts = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !isSecret(form, name)) (texts[name] ??= []).push(value);
  }
  localStorage.setItem(place(form), JSON.stringify({ at: Date.now(), texts }));
}

function isSecret(form, name) {
  const input = form.elements.namedItem(name);
  return name === "csrf_token" || input?.type === "password" || input?.type === "hidden";
}

function restore(form) {
  const kept = JSON.parse(localStorage.getItem(place(form)) ?? "null");
  if (!kept || form.querySelector('[aria-invalid="true"]')) return;
  for (const input of form.elements) {
    const values = kept.texts[input.name];
    if (input.type === "checkbox" || input.type === "radio") {
      if (!isSecret(form, input.name)) input.checked = Boolean(values?.includes(input.value));
    } else if (values?.length && !["hidden", "file", "password"].includes(input.type)) input.value = values.shift();
  }
  tell(form, kept.at);
}

function tell(form, at) {
  const note = Object.assign(document.createElement("p"), { className: "draft-note" });
  const clock = new Date(at).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const forget = Object.assign(document.createElement("button"), { type: "button", className: "button button-link", textContent: english ? "Start afresh" : "重新填" });
  forget.addEventListener("click", () => {
    localStorage.removeItem(place(form));
    form.reset();
    note.remove();
  });
  note.append(english ? `Restored what you typed at ${clock}. ` : `已恢复 ${clock} 没有提交的内容。`, forget);
  form.prepend(note);
}

addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.draft) keep(form);
});

addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || !form.dataset?.draft) return;
  event.preventDefault();
  keep(form);
  const answer = await send(form, submitter);
  if (!answer) return;
  if (answer.response.ok && answer.response.redirected) {
    localStorage.removeItem(place(form));
    toastLater(flashesOf(answer.page));
    location.assign(answer.response.url);
  } else if (answer.page.body.dataset.error) {
    toast(answer.page.querySelector("h1")?.textContent ?? "", "error");
  } else swapMain(answer.page);
});

drafts(document).forEach(restore);
