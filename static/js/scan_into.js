// Reads a waybill's barcode into a field with the phone's camera, where the browser can (BarcodeDetector). Nothing is sent: the owner
// looks at the number first. Bound to [data-scan-into-field="#id"].
const box = document.querySelector("[data-scan-into-field]");
let camera = null;

async function start() {
  const detector = new globalThis.BarcodeDetector({ formats: ["code_128", "code_39", "qr_code"] });
  const video = box.querySelector("video");
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
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
  if (!camera?.active) return undefined;
  const found = await detector.detect(video).catch(() => []);
  const number = found.map((code) => code.rawValue.trim()).find((text) => /^[A-Za-z0-9-]{8,40}$/.test(text));
  if (number) return take(number);
  return setTimeout(() => look(detector, video), 120);
}

function take(number) {
  navigator.vibrate?.(40);
  stop();
  const input = document.querySelector(box.dataset.scanIntoField);
  input.value = number;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
  say(number);
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
  button.hidden = false;
  button.addEventListener("click", start);
  addEventListener("pagehide", stop);
}
