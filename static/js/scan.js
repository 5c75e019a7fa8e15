// Reads a code with the phone's camera, where the browser can (BarcodeDetector); else the form to type it in is all there is.
// Bound to [data-scan]: a button [data-scan-start], a <video>, a line [data-scan-state]. With data-scan-into="#id" the code goes
// into that input and its form is sent; else a code of ours opens at once.
const box = document.querySelector("[data-scan]");
let camera = null;

async function start() {
  const detector = new globalThis.BarcodeDetector({ formats: ["qr_code", "data_matrix", "code_128", "ean_13"] });
  const video = box.querySelector("video");
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    return say(box.dataset.refused);
  }
  video.srcObject = camera;
  await video.play();
  box.dataset.scanning = "yes";
  say(box.dataset.looking);
  return look(detector, video);
}

async function look(detector, video) {
  const [found] = camera.active ? await detector.detect(video).catch(() => []) : [];
  if (found) return open(found.rawValue);
  return camera.active && requestAnimationFrame(() => setTimeout(() => look(detector, video), 120));
}

function open(code) {
  navigator.vibrate?.(40);
  stop();
  const input = document.querySelector(box.dataset.scanInto || "#field-code");
  const path = pathOf(code);
  if (!box.dataset.scanInto && path) return location.assign(path);
  input.value = code;
  return input.form.requestSubmit();
}

function pathOf(code) {
  const { pathname } = URL.canParse(code) ? new URL(code) : { pathname: "" };
  return pathname.startsWith("/01/") ? pathname : null;
}

function stop() {
  for (const track of camera?.getTracks() ?? []) track.stop();
  delete box.dataset.scanning;
}

function say(text) {
  box.querySelector("[data-scan-state]").textContent = text;
}

if (box && "BarcodeDetector" in globalThis && navigator.mediaDevices) {
  const button = box.querySelector("[data-scan-start]");
  box.dataset.canLook = "";
  button.hidden = false;
  button.addEventListener("click", start);
  addEventListener("pagehide", stop);
} else if (box) say(box.dataset.cannot);
