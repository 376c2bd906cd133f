// The plain page: plays the station, shows what is heard, passes on what the listener says.

const station = new URLSearchParams(location.search).get("station") || "main";
const byId = (id) => document.getElementById(id);
const sound = byId("sound");
const api = (path) => `/api/v1/${path}${path.includes("?") ? "&" : "?"}station=${encodeURIComponent(station)}`;

// Safari plays HLS itself and tells the program date; others get the direct stream, which starts at once.
const byHls = "getStartDate" in sound && sound.canPlayType("application/vnd.apple.mpegurl") !== "";
const address = byHls ? `/hls/${station}/master.m3u8` : `/live/${station}.mp3`;

const state = { heard: null, wanted: false, tries: 0, retry: 0, refresh: 0, shownAt: 0 };

async function call(path, options = {}) {
  const answer = await fetch(api(path), options);
  const told = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(told?.detail || `The station answers ${answer.status}.`);
  return told;
}

function send(method, path, body, more = {}) {
  const headers = { "Content-Type": "application/json", ...more };
  return call(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

// How far this listener is behind the station, in seconds.
function delay() {
  if (!state.wanted || sound.readyState < 2) return 0;
  if (byHls) {
    const start = Number(sound.getStartDate());
    if (Number.isFinite(start)) return Math.max(0, Date.now() / 1000 - (start / 1000 + sound.currentTime));
  }
  const { buffered } = sound;
  return buffered.length ? Math.min(120, Math.max(0, buffered.end(buffered.length - 1) - sound.currentTime)) : 0;
}

async function refresh() {
  clearTimeout(state.refresh);
  let soon = 15;
  try {
    show(await call(`now-playing?delay_s=${delay().toFixed(2)}`));
    const left = state.heard.remaining_s;
    if (left !== null) soon = Math.min(soon, Math.max(1, left + 0.3));
  } catch (error) {
    byId("title").textContent = "The station cannot be reached";
    byId("about").textContent = error.message;
    soon = 5;
  }
  state.refresh = setTimeout(refresh, soon * 1000);
}

function show(heard) {
  const before = state.heard;
  state.heard = heard;
  state.shownAt = performance.now();
  const { play, track } = heard;
  write("title", play ? play.title : "Nothing is on air");
  const facts = track ? [track.artist, words(track.genre), track.key, `${Math.round(track.bpm)} bpm`] : [play?.artist];
  write("about", facts.filter(Boolean).join(" · "));
  write("listeners", heard.listeners === 1 ? "1 listener" : `${heard.listeners} listeners`);
  showNext(heard.next);
  const changed = before?.play?.id !== play?.id || !before;
  if (changed) {
    byId("cover").src = track ? `/api/v1/tracks/${track.id}/cover` : "/page/icon.svg";
    byId("cover").alt = track ? `Cover of ${track.title}` : "";
    document.title = play ? `${play.title} · ${byId("station").textContent}` : byId("station").textContent;
    write("said", "");
    tellSystem(play, track);
    showVote(track);
    showPast();
  }
  for (const part of document.querySelectorAll(".say button, .say input")) part.disabled = !track;
  tick();
}

function showNext(next) {
  write("next-title", next ? next.track.title : "It is being chosen");
  write("next-why", next ? next.reason?.words || "" : "");
}

async function showVote(track) {
  if (!track) return;
  try {
    const vote = await call(`tracks/${track.id}/vote`);
    if (state.heard?.track?.id === track.id) mark(vote);
  } catch { /* the buttons stay as they are; pressing one says what is wrong */ }
}

function mark(vote) {
  byId("like").setAttribute("aria-pressed", String(vote.liked));
  for (const star of document.getElementsByName("stars")) star.checked = Number(star.value) === vote.stars;
}

async function showPast() {
  try {
    const { items } = await call("history?limit=6&kinds=track");
    const rows = items.filter((play) => play.id !== state.heard?.play?.id).slice(0, 5).map((play) => {
      const row = document.createElement("li");
      const at = document.createElement("time");
      const when = new Date(play.started_at * 1000);
      at.dateTime = when.toISOString();
      at.textContent = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      row.append(at, play.title);
      return row;
    });
    byId("past").replaceChildren(...rows);
  } catch { /* the list stays as it was */ }
}

async function showHealth() {
  try {
    const told = await call("health");
    byId("air").dataset.health = told.health;
    write("air", { green: "on air", amber: "on air, with trouble", red: "off air" }[told.health]);
    byId("air").title = told.why;
  } catch {
    byId("air").dataset.health = "red";
    write("air", "not reached");
  }
}

function tick() {
  const { heard } = state;
  if (!heard?.play || heard.elapsed_s === null) return write("times", "");
  const elapsed = heard.elapsed_s + (performance.now() - state.shownAt) / 1000;
  const whole = heard.remaining_s === null ? null : heard.elapsed_s + heard.remaining_s;
  byId("elapsed").value = whole ? Math.min(1, elapsed / whole) : 0;
  write("times", whole ? `${clock(Math.min(elapsed, whole))} of ${clock(whole)}` : clock(elapsed));
}

function tellSystem(play, track) {
  if (!("mediaSession" in navigator) || !play) return;
  const artwork = track ? [{ src: `/api/v1/tracks/${track.id}/cover`, type: "image/png" }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title: play.title, artist: play.artist, artwork });
}

// --- sound

function start() {
  state.wanted = true;
  showButton("Stop");
  connect();
}

function connect() {
  clearTimeout(state.retry);
  sound.src = byHls ? address : `${address}?t=${Date.now()}`;
  sound.play().then(() => {
    state.tries = 0;
    write("trouble", "");
    setTimeout(refresh, 1500);
  }).catch((error) => {
    if (error.name === "NotAllowedError") return stop("The browser wants another press on Play.");
    if (error.name !== "AbortError") again();
  });
}

function stop(why = "") {
  state.wanted = false;
  clearTimeout(state.retry);
  sound.pause();
  sound.removeAttribute("src");
  sound.load();
  showButton("Play");
  write("trouble", why);
  refresh();
}

function again() {
  if (!state.wanted) return;
  clearTimeout(state.retry);
  const wait = Math.min(15, 0.5 * 2 ** state.tries++);
  if (wait > 1) write("trouble", "The sound was interrupted; trying again.");
  state.retry = setTimeout(connect, wait * 1000);
}

function showButton(word) {
  write("play-word", word);
  byId("play").setAttribute("aria-pressed", String(word === "Stop"));
}

// --- what the listener says

async function say(action, told) {
  const track = state.heard?.track;
  if (!track) return;
  try {
    write("said", told(await action(track)));
  } catch (error) {
    write("said", error.message);
    showVote(track);
  }
}

byId("play").addEventListener("click", () => (state.wanted ? stop() : start()));
byId("volume").addEventListener("input", (event) => { sound.volume = Number(event.target.value); });
sound.volume = Number(byId("volume").value);
for (const name of ["error", "ended"]) sound.addEventListener(name, again);
if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("play", start);
  navigator.mediaSession.setActionHandler("pause", () => stop());
  navigator.mediaSession.setActionHandler("stop", () => stop());
}

byId("like").addEventListener("click", () => say(async (track) => {
  const liked = byId("like").getAttribute("aria-pressed") !== "true";
  byId("like").setAttribute("aria-pressed", String(liked));
  const vote = await send("PUT", `tracks/${track.id}/vote`, { liked });
  mark(vote);
  return vote;
}, (vote) => (vote.liked ? "Noted: you like it." : "Taken back.")));

byId("stars").addEventListener("change", (event) => say(
  async (track) => {
    const vote = await send("PUT", `tracks/${track.id}/vote`, { stars: Number(event.target.value) });
    mark(vote);
    return vote;
  },
  (vote) => `Noted: ${vote.stars} of 5 stars.`,
));

byId("skip").addEventListener("click", () => say(
  () => send("POST", "skip-votes"),
  (told) => (told.skipped ? "It will be skipped." : `${told.votes} of ${told.needed} wishes to skip it.`),
));

byId("request").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("request-words");
  const button = event.target.querySelector("button");
  button.disabled = true;
  write("answer", "One moment …");
  try {
    const key = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("-");
    const told = await send("POST", "requests", { text: field.value }, { "Idempotency-Key": key });
    write("answer", told.answer || "Your wish is noted; the answer comes here.");
    state.request = told.id;
    field.value = "";
  } catch (error) {
    write("answer", error.message);
  }
  button.disabled = false;
});

// --- news

function follow() {
  const kinds = ["play", "queue", "track.voted", "request.changed"].map((kind) => `kinds=${kind}`).join("&");
  const news = new EventSource(api(`events?${kinds}`));
  let timer = 0;
  const soon = (wait = 300) => {
    clearTimeout(timer);
    timer = setTimeout(refresh, wait);
  };
  for (const kind of ["queue.added", "queue.removed", "queue.moved", "queue.taken", "queue.begun", "queue.cleared"]) {
    news.addEventListener(kind, () => soon());
  }
  news.addEventListener("play.started", (event) => {
    const { at } = JSON.parse(event.data);
    soon(Math.max(100, (at + delay()) * 1000 - Date.now() + 100));
  });
  news.addEventListener("request.changed", (event) => {
    const { data } = JSON.parse(event.data);
    if (data.request === state.request && data.answer) write("answer", data.answer);
  });
  news.addEventListener("open", () => soon(0));
}

async function greet() {
  try {
    const { name } = await call(`stations/${encodeURIComponent(station)}`);
    write("station", name);
    document.title = name;
  } catch { /* the name stays as it is; what is on air tells the trouble */ }
  byId("hls").href = `/hls/${station}/master.m3u8`;
  for (const ending of ["mp3", "opus", "aac", "flac"]) byId(ending).href = `/live/${station}.${ending}`;
}

function write(id, text) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text ?? "";
}

const words = (name) => name.replaceAll("_", " ");
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

byId("cover").addEventListener("error", () => { byId("cover").src = "/page/icon.svg"; });
setInterval(tick, 1000);
setInterval(showHealth, 10_000);
greet().then(refresh).then(follow);
showHealth();
