// Plays [data-player]: live or recorded HLS, by hls.js where the browser has Media Source Extensions, else by the browser itself.
// The clock below the picture is the wall clock of what is seen (EXT-X-PROGRAM-DATE-TIME), not the clock of this device.
// [data-player-goto=<id>][data-at=<time>] opens a moment of a recorded film.
const ENGLISH = document.documentElement.lang === "en";
const TEXTS = {
  dark: ENGLISH ? "No picture at the moment. Trying again." : "摄像头此刻没有画面，正在重试",
  expired: ENGLISH ? "This link has expired. Please reload the page." : "视频链接已过期，请刷新页面",
  gone: ENGLISH ? "This film cannot be played." : "这段视频暂时不能播放",
  network: ENGLISH ? "No network. Trying again." : "网络不通，正在重试",
};
const WALL_TIME = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", timeStyle: "medium" });
const H264 = 'video/mp4; codecs="avc1.42c01e"';
const RETRY_MS = 6000;
const players = new Map();
let library = null;

class Player {
  constructor(figure) {
    this.figure = figure;
    this.video = figure.querySelector("video");
    this.button = figure.querySelector("[data-player-start]");
    this.note = figure.querySelector("[data-player-note]");
    this.clock = figure.querySelector("[data-player-clock]");
    this.isLive = "live" in figure.dataset;
    this.hls = null;
    this.goal = null;
    this.video.removeAttribute("src");
    this.video.controls = false;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.start());
    this.video.addEventListener("playing", () => this.show("playing"));
    this.video.addEventListener("waiting", () => this.show("waiting"));
    this.video.addEventListener("error", () => this.hls || this.fail("gone"));
    setInterval(() => this.tick(), 250);
    this.show("idle");
  }

  show(state, note = "") {
    this.figure.dataset.state = state;
    this.button.hidden = !["idle", "loading", "trouble"].includes(state);
    this.video.controls = this.button.hidden;
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  async start() {
    if (this.hls || this.figure.dataset.state === "loading") return this.video.play().catch(() => {});
    this.show("loading");
    const Hls = await loadLibrary(this.figure.dataset.hls);
    if (Hls) this.playWith(Hls);
    else this.playNatively();
    return undefined;
  }

  stop() {
    this.hls?.destroy();
    this.hls = null;
    this.video.pause();
    this.show("idle");
  }

  playNatively() {
    this.video.src = this.figure.dataset.src;
    this.video.play().catch(() => this.show("idle"));
  }

  playWith(Hls) {
    const live = { liveSyncDurationCount: 3, liveMaxLatencyDurationCount: 8 };
    this.hls = new Hls({ ...(this.isLive ? live : {}), backBufferLength: 30, maxBufferLength: this.isLive ? 12 : 30 });
    this.hls.on(Hls.Events.ERROR, (_, error) => this.onError(Hls, error));
    this.hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.onPlaylist(details));
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.video.play().catch(() => this.show("idle")));
    this.hls.loadSource(this.figure.dataset.src);
    this.hls.attachMedia(this.video);
  }

  onPlaylist(details) {
    if (this.goal === null) return;
    this.video.currentTime = positionOf(details, this.goal) ?? this.video.currentTime;
    this.goal = null;
  }

  onError(Hls, error) {
    if (!error.fatal) return;
    const status = error.response?.code ?? 0;
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError();
    else if (status === 403) this.renew();
    else if (this.isLive) this.fail(status ? "dark" : "network", RETRY_MS);
    else this.fail(status ? "gone" : "network", status ? 0 : RETRY_MS);
  }

  async renew() {
    const address = this.figure.dataset.renew;
    const answer = address && (await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null));
    if (!answer?.ok) return this.fail("expired");
    this.figure.dataset.src = (await answer.json()).src;
    this.stop();
    return this.start();
  }

  fail(text, retryAfter = 0) {
    this.hls?.destroy();
    this.hls = null;
    this.show("trouble", TEXTS[text]);
    if (retryAfter) setTimeout(() => this.figure.dataset.state === "trouble" && this.start(), retryAfter);
  }

  goTo(time) {
    const details = this.hls?.latestLevelDetails ?? this.hls?.levels[this.hls.currentLevel]?.details;
    const position = details ? positionOf(details, time) : null;
    if (position === null) this.goal = time;
    else this.video.currentTime = position;
    this.start();
  }

  tick() {
    const started = this.video.getStartDate?.().getTime();
    const shown = this.hls?.playingDate ?? (started ? new Date(started + this.video.currentTime * 1000) : null);
    if (!shown || this.figure.dataset.state === "idle") return;
    this.clock.dateTime = shown.toISOString();
    this.clock.textContent = WALL_TIME.format(shown);
  }
}

function positionOf(details, time) {
  const known = details.fragments.filter((fragment) => fragment.programDateTime !== null);
  const found = known.findLast((fragment) => fragment.programDateTime <= time) ?? known[0];
  if (!found) return null;
  return found.start + Math.min(found.duration - 0.1, Math.max(0, (time - found.programDateTime) / 1000));
}

async function loadLibrary(address) {
  if (!address || !window.MediaSource?.isTypeSupported(H264)) return null;
  library ??= new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.addEventListener("load", () => resolve(window.Hls?.isSupported() ? window.Hls : null));
    script.addEventListener("error", () => resolve(null));
    document.head.append(script);
  });
  return library;
}

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const player = players.get(target);
    const isIdle = target.dataset.state === "idle";
    if (isIntersecting && isIdle && "autoplay" in target.dataset) player.start();
    if (!isIntersecting && !isIdle && player.isLive) player.stop();
  }
}, { threshold: 0.25 });

for (const figure of document.querySelectorAll("[data-player]")) {
  players.set(figure, new Player(figure));
  seen.observe(figure);
}

for (const button of document.querySelectorAll("[data-player-goto]")) {
  button.addEventListener("click", () => {
    const figure = document.getElementById(button.dataset.playerGoto);
    figure.scrollIntoView({ block: "center" });
    players.get(figure)?.goTo(Date.parse(button.dataset.at));
  });
}

document.addEventListener("visibilitychange", () => {
  for (const [figure, player] of players) {
    if (!player.isLive) continue;
    if (document.hidden) figure.dataset.resume = String(figure.dataset.state !== "idle"), player.stop();
    else if (figure.dataset.resume === "true") player.start();
  }
});
