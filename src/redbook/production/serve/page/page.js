// The page: what it shows is the server's newest state ({key: value}); what it keeps itself is the list of tracks.
// No dependencies, and nothing that browsers have on https only: boxes are reached by plain http, too.

const $ = (id) => document.getElementById(id);
const state = {};            // as the server tells it
let tracks = [];             // {id, name, title, artist, seconds, bytes, sent, error}
let shownReport = null;      // what /api/orders/N said
let planned = null;          // set while a disc is checked
let checked = null;          // {asked, disc}: what was checked last, and what it will be
let ownTitle = false;        // the disc's title was typed, and is left alone

const DISC_MINUTES = 79.95;
const WORDS = {
  claimed: "getting ready", preparing: "getting ready", reading: "reading", writing: "writing",
  closing: "closing the disc", verifying: "reading back", good: "good", checked: "checked", spoiled: "spoiled",
  void: "blank given back", unknown: "unknown", lost: "lost", open: "under way", paused: "paused",
  cancelled: "cancelled", done: "done",
};
const word = (name) => WORDS[name] || name;

// ---- talking to the server

// The session's key: of this origin alone, as a cookie is not (a browser shows that to every port of a machine).
let ownKey = "";
function keepKey(key) {
  ownKey = key;
  try { localStorage.setItem("redbook-key", key); } catch { /* then it lasts as long as this page */ }
}
function sessionKey() {
  try { return localStorage.getItem("redbook-key") || ownKey; } catch { return ownKey; }
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method, headers: { "X-Redbook": sessionKey(), "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) { needLogin(); throw new Error("not signed in"); }
  const value = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Error((value && value.error) || `the server answered ${answer.status}`);
  return value;
}

let events = null;
function listen() {
  if (events) events.close();
  events = new EventSource("/api/events");
  events.addEventListener("all", (event) => {
    for (const key of Object.keys(state)) delete state[key];
    take(JSON.parse(event.data));
  });
  events.addEventListener("some", (event) => take(JSON.parse(event.data)));
  events.onopen = () => trouble("connection", "");
  events.onerror = async () => {
    trouble("connection", "No connection to redbook. Discs under way go on; this page reconnects automatically.");
    if (events.readyState === EventSource.CLOSED) {
      // A browser gives up after a 401 (the server was restarted) or when nobody answers.
      const known = await fetch("/api/state").then((a) => a.status, () => 0);
      if (known === 401) { trouble("connection", ""); needLogin(); } else setTimeout(listen, 2000);
    }
  };
}

function take(news) {
  for (const [key, value] of Object.entries(news)) {
    if (value === null) delete state[key]; else state[key] = value;
  }
  show();
}

const troubles = {};
function trouble(what, text) {
  troubles[what] = text;
  const all = [...new Set(Object.values(troubles).filter(Boolean))].join(" ");
  $("trouble").textContent = all;
  $("trouble").hidden = !all;
}

function say(text) { $("said").textContent = text; }

// ---- who is there

function needLogin() {
  if (events) events.close();
  page("login");
  $("token").focus();
}

async function login(token) {
  const answer = await fetch("/login", {
    method: "POST", headers: { "X-Redbook": "login", "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  keepKey(value.key);
  history.replaceState(null, "", "#burn");
  begin();
  sendAgain();
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try { await login($("token").value.trim()); trouble("login", ""); }
  catch (error) { trouble("login", error.message); }
});

// ---- pages

const PAGES = ["burn", "now", "report", "drives"];
function page(name) {
  for (const one of [...PAGES, "login"]) $(`page-${one}`).hidden = one !== name;
  for (const link of $("tabs").children) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  $("tabs").hidden = name === "login";
  document.title = `${$("tabs").querySelector("[aria-current]")?.textContent || "redbook"} – redbook`;
}

function route() {
  trouble("act", "");
  const [name, order] = location.hash.slice(1).split("/");
  page(PAGES.includes(name) ? name : "burn");
  if (name === "report" && order) openReport(Number(order));
  show();
}
addEventListener("hashchange", () => { if (events) { route(); $("main").focus(); } });

// ---- small things

function make(tag, text, attributes = {}, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value); else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function button(text, what, label) {
  return make("button", text, {
    type: "button", ...(label ? { "aria-label": label } : {}),
    onclick: async (event) => {
      const pressed = event.currentTarget;
      pressed.disabled = true;
      try { await what(); trouble("act", ""); } catch (error) { trouble("act", error.message); }
      pressed.disabled = false;
    },
  });
}

function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const values = (kind) => Object.entries(state).filter(([key]) => key.startsWith(`${kind}:`)).map(([, value]) => value);

// Only what has changed is made anew: a button keeps its focus, a reader is told what is new.
const drawn = new Map();
function redraw(element, what, draw) {
  const text = JSON.stringify(what);
  if (drawn.get(element) === text) return;
  drawn.set(element, text);
  const had = element.contains(document.activeElement) ? [...element.querySelectorAll("button,input,a")].indexOf(document.activeElement) : -1;
  element.replaceChildren(...draw());
  if (had >= 0) element.querySelectorAll("button,input,a")[had]?.focus();
}

// ---- Burn: files, their order, how full the disc is

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const waiting = [];
let sending = false;
function add(files) {
  if (files.length) trouble("drop", troubles.drop?.includes("folder") ? troubles.drop : "");
  for (const file of files) {
    const track = { id: newId(), file, name: file.name, title: file.name.replace(/\.[^.]*$/, ""), artist: "", bytes: file.size, sent: 0 };
    tracks.push(track);
    waiting.push([track, file]);
  }
  showTracks();
  send();
}

// A server that was started again has none of the files that it was sent; this page has them still.
function sendAgain() {
  for (const track of tracks) {
    track.request?.abort();
    Object.assign(track, { id: newId(), sent: 0, error: "" });
    waiting.push([track, track.file]);
  }
  if (tracks.length) { showTracks(); send(); }
}

// What is on the list is lost with the tab.
addEventListener("beforeunload", (event) => { if (tracks.length) event.preventDefault(); });

async function send() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const [track, file] = waiting.shift();
    if (!tracks.includes(track)) continue;
    const id = track.id;
    try {
      const known = await put(track, file);
      Object.assign(track, { sent: 1, seconds: known.seconds });
      track.album = known.album;
      if (!track.edited) Object.assign(track, { title: known.title, artist: known.artist });
      if (!ownTitle) $("title").value = tracks.every((one) => one.album === known.album) ? known.album : "";
    } catch (error) { if (track.id === id) track.error = error.message; }
    showTracks();
  }
  sending = false;
}

function put(track, file) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();   // fetch does not tell how much was sent
    track.request = request;
    request.open("PUT", `/api/sources/${track.id}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-Redbook", sessionKey());
    request.upload.onprogress = (event) => {
      track.sent = event.loaded / event.total * 0.99;
      const bar = $("tracks").querySelector(`[data-id="${track.id}"] progress`);
      if (bar) bar.value = track.sent;
    };
    request.onload = () => {
      let value = null;
      try { value = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status === 401) needLogin();
      if (request.status === 201) done(value); else failed(new Error((value && value.error) || `the server answered ${request.status}`));
    };
    request.onerror = () => failed(new Error("the upload failed; remove the file and add it again"));
    request.onabort = () => failed(new Error("removed"));
    request.send(file);
  });
}

function move(from, to) {
  if (to < 0 || to >= tracks.length || from === to) return;
  tracks.splice(to, 0, tracks.splice(from, 1)[0]);
  showTracks();
  say(`${tracks[to].title} is track ${to + 1} now`);
}

function remove(track) {
  tracks = tracks.filter((one) => one !== track);
  track.request?.abort();
  if (track.sent === 1) ask("DELETE", `/api/sources/${track.id}`).catch(() => {});
  showTracks();
}

let dragged = null;
function showTracks() {
  const list = $("tracks"), active = document.activeElement;
  const focus = list.contains(active) ? [active.closest("li").dataset.id, active.className] : null;
  list.replaceChildren(...tracks.map((track, at) => {
    const row = $("track-row").content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(name);
    row.dataset.id = track.id;
    part(".number").textContent = at + 1;
    const title = part(".track-title"), artist = part(".track-artist"), bar = part("progress");
    title.value = track.title;
    artist.value = track.artist;
    title.setAttribute("aria-label", `Title of track ${at + 1}`);
    artist.setAttribute("aria-label", `Artist of track ${at + 1}`);
    title.oninput = () => { track.title = title.value; track.edited = true; showBurn(); };
    artist.oninput = () => { track.artist = artist.value; track.edited = true; showBurn(); };
    part(".about").textContent = track.error || (track.seconds ? `${minutes(track.seconds)} · ${track.name}` : track.name);
    if (track.error) part(".about").classList.add("trouble");
    bar.hidden = track.sent === 1 || Boolean(track.error);
    bar.value = track.sent;
    bar.setAttribute("aria-label", `${track.name}: sent`);
    for (const [name, label, act] of [
      [".up", "up", () => move(at, at - 1)], [".down", "down", () => move(at, at + 1)], [".off", "remove", () => remove(track)],
    ]) {
      part(name).setAttribute("aria-label", `${track.title}: ${label}`);
      part(name).onclick = act;
    }
    part(".up").disabled = at === 0;
    part(".down").disabled = at === tracks.length - 1;
    const handle = part(".number");
    handle.draggable = true;
    handle.ondragstart = (event) => { dragged = track; event.dataTransfer.setData("text/plain", track.id); event.dataTransfer.effectAllowed = "move"; };
    handle.ondragend = () => { dragged = null; };
    row.ondragover = (event) => { if (dragged) { event.preventDefault(); row.classList.add("over"); } };
    row.ondragleave = () => row.classList.remove("over");
    row.ondrop = (event) => { if (dragged) { event.preventDefault(); event.stopPropagation(); move(tracks.indexOf(dragged), at); } };
    return row;
  }));
  if (focus) {
    const row = list.querySelector(`[data-id="${focus[0]}"]`);
    const same = row?.querySelector(`.${focus[1].split(" ").join(".")}`);
    (same?.disabled ? row.querySelector("button:not(:disabled)") : same)?.focus();
  }
  const seconds = tracks.reduce((sum, track) => sum + (track.seconds || 0), 0);
  $("disc").hidden = tracks.length === 0;
  $("disc-bar").value = Math.min(seconds / 60, DISC_MINUTES);
  const left = DISC_MINUTES * 60 - seconds;
  $("disc-text").textContent = left >= 0
    ? `${plural(tracks.length, "track", "tracks")}, about ${minutes(seconds)}; ${minutes(left)} left on an 80-minute disc`
    : `${plural(tracks.length, "track", "tracks")}, about ${minutes(seconds)}: ${minutes(-left)} too long for an 80-minute disc`;
  showBurn();
}

$("files").addEventListener("change", (event) => { add(event.target.files); event.target.value = ""; });
const drop = $("drop");
for (const name of ["dragover", "dragenter"]) {
  drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const items = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
  const folders = items.filter((entry) => entry?.isDirectory).map((entry) => entry.name);
  const files = [...event.dataTransfer.files].filter((file) => !folders.includes(file.name));
  trouble("drop", folders.length ? `${folders.join(", ")}: a folder. Open it, and drop the files that are in it.`
    : files.length ? "" : "There was no file in what was dropped.");
  add(files);
});
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

const chosen = () => [...$("burn-drives").querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);

function showBurn() {
  if (checked && checked.asked !== JSON.stringify(wanted())) checked = null;
  $("plan").hidden = !checked;
  const count = Number($("count").value) || 0;
  const ready = tracks.length > 0 && tracks.every((track) => track.sent === 1 && !track.error);
  $("burn-button").textContent = `Burn${count > 1 ? ` ${count} discs` : ""}${checked && notable(checked.disc) ? " like this" : ""}`;
  $("burn-button").disabled = !ready || Boolean(planned);
  $("check-button").disabled = $("burn-button").disabled;
  const plan = state.plan;
  const wrong = tracks.filter((track) => track.error).length;
  $("planning").textContent = planned ? (plan ? `Checking file ${plan.number} of ${plan.total}.` : "Checking the files.")
    : wrong ? `${plural(wrong, "file", "files")} cannot be used: take ${wrong === 1 ? "it" : "them"} off the list (✕).`
    : tracks.length && !ready ? "Uploading the files."
    : checked && notable(checked.disc) ? "Read above what will be burned, then press Burn." : "";
}
$("count").addEventListener("input", showBurn);
$("title").addEventListener("input", () => { ownTitle = true; showBurn(); });
$("artist").addEventListener("input", showBurn);

const wanted = () => ({
  title: $("title").value.trim(), artist: $("artist").value.trim(),
  tracks: tracks.map((track) => ({ source: track.id, title: track.title, artist: track.artist })),
});

// What a person should have read before a disc is burned; that it is bit for bit is nothing to stop for.
const notable = (disc) => disc.notes.length > 0 || disc.tracks.some((track) => track.conversion.length || track.remarks.some((one) => one.notable));

async function check() {
  const asked = wanted();
  const disc = await ask("POST", "/api/plans", asked);
  checked = { asked: JSON.stringify(asked), disc };
  $("plan-text").textContent = `${plural(disc.tracks.length, "track", "tracks")}, ${minutes(disc.sectors / 75)}; ` +
    `${minutes(disc.free_sectors / 75)} left on an 80-minute disc. Written ${disc.written}.`;
  $("plan-notes").replaceChildren(...disc.notes.map((note) => make("li", note)));
  $("plan-tracks").replaceChildren(...disc.tracks.map((track) => make("li", [track.title, track.artist].filter(Boolean).join(" – ") || track.source, {},
    make("p", `${track.format}: ${track.conversion.join("; ") || "bit for bit"}`, { class: "soft" }),
    ...track.remarks.map((one) => make("p", one.text, { class: one.notable ? "note" : "soft" })))));
  showBurn();
  return disc;
}

async function atWork(what) {
  planned = true;
  showBurn();
  $("burn-error").hidden = true;
  try { await what(); } catch (error) {
    checked = null;
    $("burn-error").textContent = error.message;
    $("burn-error").hidden = false;
  }
  planned = null;
  showBurn();
}

function showPlan(text) {
  $("plan").hidden = false;
  $("plan").focus();
  $("plan").scrollIntoView({ block: "nearest" });
  say(text);
}

$("check-button").addEventListener("click", () => atWork(async () => { await check(); showPlan("The disc is checked."); }));

$("burn").addEventListener("submit", (event) => {
  event.preventDefault();
  atWork(async () => {
    let disc = checked?.disc;
    if (!disc) {
      disc = await check();
      if (notable(disc)) { showPlan("Read what will be burned, then press Burn again."); return; }
    }
    const title = $("title").value.trim();
    const every = $("burn-drives").querySelectorAll("input").length;
    const drives = chosen();
    await ask("POST", "/api/orders", {
      master: disc.master, count: Number($("count").value), title: title || tracks[0].title,
      drives: drives.length === every ? [] : drives, speed: Number($("speed").value) || null,
    });
    for (const track of [...tracks]) remove(track);
    checked = null;
    ownTitle = false;
    $("title").value = $("artist").value = "";
    $("count").value = 1;
    location.hash = "#now";
  });
});

// ---- Now

function todos() {
  const found = [];
  const open = values("order").some((order) => order.state === "open" && order.free > 0);
  for (const now of values("now")) {
    const drive = shortName(now.drive);
    if (now.event === "take_disc" && now.good) found.push({ good: true, text: `Take the disc out of ${drive}: copy ${now.number} is good.` });
    else if (now.event === "take_disc") found.push({ text: `The disc in ${drive} is spoiled.`, eject: now.drive });
    else if (now.event === "drive_rests") found.push({ text: `${drive} rests: ${now.why}`, resume: now.drive });
    else if (now.event === "need_blank" && open) found.push({ text: now.why ? `${drive}: ${now.why}` : `Put a blank disc into ${drive}.`, ...(now.why ? { eject: now.drive } : {}) });
  }
  for (const far of values("far")) {
    if (far.rests) found.push({ text: `${far.drive} on ${far.host} rests: ${far.rests}`, resume: far.drive, host: far.host });
    else if (far.todo === "take_good") found.push({ good: true, text: `${far.host}: ${far.state.replaceAll(far.drive, farShort(far))}.` });
    else if (far.todo) found.push({ text: `${far.host}: ${far.todo === "blank" ? `put a blank disc into ${farShort(far)}` : far.state.replaceAll(far.drive, farShort(far))}.` });
  }
  for (const order of values("order")) {
    for (const one of order.unknown_attempts || []) {
      found.push({ text: `Copy ${one.number} of ${order.title || `order ${order.order}`} is gone from ${shortName(one.drive)}${one.host ? ` on ${one.host}` : ""}. Is it good?`, attempt: one.attempt });
    }
    if (order.state === "paused") found.push({ text: `${order.title || `Order ${order.order}`} is paused${order.why ? `: ${order.why}` : ""}.`, order: order.order });
  }
  return found;
}

const farShort = (far) => far.drive.split("/").filter(Boolean).pop() || far.drive;

function shortName(drive) {
  const last = drive.split("/").filter(Boolean).pop() || drive;
  return values("drive").filter((one) => one.name.endsWith(`/${last}`)).length > 1 ? drive : last;
}

function showTodo() {
  const found = todos();
  redraw($("todo"), found, () => found.map((one) => make("li", one.text, { class: one.good ? "good" : "" }, ...[
    one.eject && button("Eject", () => ask("POST", "/api/drives/eject", { drive: one.eject }), `Eject the disc in ${shortName(one.eject)}`),
    one.resume && button("Use it again", () => ask("POST", "/api/drives/resume", { drive: one.resume, host: one.host }), `Use ${shortName(one.resume)} again`),
    one.order && button("Continue", () => ask("POST", `/api/orders/${one.order}/resume`, {}), `Continue order ${one.order}`),
    one.attempt && button("It is good", () => resolve(one.attempt, "good"), `Attempt ${one.attempt} is good`),
    one.attempt && button("It is spoiled", () => resolve(one.attempt, "spoiled"), `Attempt ${one.attempt} is spoiled`),
  ].filter(Boolean).map((made) => make("span", "", { class: "buttons" }, made)))));
}

function resolve(attempt, as) {
  const who = prompt("Your name, for the report");
  if (!who) return Promise.resolve();
  return ask("POST", `/api/attempts/${attempt}/resolve`, { as, who });
}

function account(order) {
  const parts = [`${order.good + order.checked} of ${order.wanted} good`];
  if (order.spoiled) parts.push(`${order.spoiled} spoiled`);
  if (order.unknown) parts.push(`${order.unknown} unknown`);
  if (order.lost) parts.push(`${order.lost} lost`);
  const left = order.wanted - order.good - order.checked;
  if (left && order.state !== "cancelled") parts.push(`${left} to go`);
  return parts.join(", ");
}

function showOrders() {
  const orders = values("order").filter((order) => order.state === "open" || order.state === "paused").sort((a, b) => b.order - a.order);
  const last = values("order").sort((a, b) => b.order - a.order)[0];
  const shown = orders.length ? orders : last ? [last] : [];
  redraw($("orders"), shown, () => shown.length ? shown.map(orderCard) : [make("p", "No orders yet.")]);
}

function orderCard(order) {
  const bar = make("progress", "", { max: order.wanted, value: order.good + order.checked, "aria-label": "Good copies" });
  const open = order.state === "open", paused = order.state === "paused";
  return make("article", "", { class: order.state === "done" ? "card good" : "card" },
    make("h3", order.title || `Order ${order.order}`), bar,
    make("p", `${account(order)} (${word(order.state)})`),
    make("p", "", { class: "buttons" }, ...[
      open && button("Pause", () => ask("POST", `/api/orders/${order.order}/pause`, {}), `Pause order ${order.order}`),
      paused && button("Continue", () => ask("POST", `/api/orders/${order.order}/resume`, {}), `Continue ${order.order}`),
      (open || paused) && button("Cancel", () => cancel(order), `Cancel order ${order.order}`),
      make("a", "Report", { class: "button", href: `#report/${order.order}`, "aria-label": `Report of order ${order.order}` }),
    ].filter(Boolean)));
}

function cancel(order) {
  if (!confirm(`Cancel ${order.title || `order ${order.order}`}? Discs under way are finished.`)) return Promise.resolve();
  return ask("POST", `/api/orders/${order.order}/cancel`, {});
}

function doing(drive, now) {
  if (drive.far) {
    return { text: drive.silent ? `${word(drive.state)} (no answer from its host)` : word(drive.state), kind: drive.silent || drive.rests ? "bad" : drive.todo === "take_good" ? "good" : "",
      done: drive.sectors_done, of: drive.sectors, speed: drive.speed };
  }
  if (drive.problem) return { text: drive.problem, kind: "bad" };
  if (!now) return { text: drive.medium === "no disc" ? "no disc" : drive.medium || "idle" };
  switch (now.event) {
    case "copy_progress": return { text: `Copy ${now.number}: ${word(now.phase)}`, done: now.sectors_done, of: now.sectors, speed: now.speed, left: now.seconds_left };
    case "copy_claimed": return { text: `Copy ${now.number}: getting ready` };
    case "copy_state": return { text: `Copy ${now.number}: ${word(now.state)}${now.why ? ` (${now.why})` : ""}`, kind: now.state === "spoiled" ? "bad" : "" };
    case "take_disc": return { text: now.good ? `Copy ${now.number} is good: take it out` : `Copy ${now.number} is spoiled: throw the disc away`, kind: now.good ? "good" : "bad" };
    case "drive_rests": return { text: `rests: ${now.why}`, kind: "bad" };
    case "need_blank": return { text: now.why || "is waiting for a blank disc" };
    default: return { text: drive.medium || "idle" };
  }
}

// A card's frame stays while its bar moves: nobody's focus is lost four times a second.
function showCards(box, withButtons) {
  const drives = [...values("drive"), ...values("far").map((drive) => ({ ...drive, far: true }))].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rests = (drive) => state[`now:${drive.name}`]?.event === "drive_rests";
  redraw(box, [drives.map((d) => [d.name, d.model, d.problem, d.medium, rests(d)]), withButtons], () => drives.length ? drives.map((drive) => make(
    "article", "", { class: "card", "data-drive": drive.name },
    make("h3", drive.far ? drive.name : shortName(drive.name)), make("p", "", { class: "what" }),
    make("progress", "", { max: 1, value: 0, hidden: "", "aria-label": `${shortName(drive.name)}: how far it is` }),
    make("p", "", { class: "soft" }),
    ...(withButtons ? [make("p", `${drive.model} · ${drive.medium || "state of its disc unknown"} · ${drive.name}`, { class: "soft" }), drive.far ? "" : make("p", "", { class: "buttons" },
      button("Eject", () => ask("POST", "/api/drives/eject", { drive: drive.name }), `Eject the disc in ${shortName(drive.name)}`),
      button("Details", () => details(drive.name), `What is known of ${shortName(drive.name)}`),
      button("Which copy is it?", () => examine(drive.name), `Which copy is in ${shortName(drive.name)}?`),
      rests(drive) ? button("Use it again", () => ask("POST", "/api/drives/resume", { drive: drive.name }), `Use ${shortName(drive.name)} again after resting`) : "")] : []),
  )) : [make("p", "There is no recorder here.")]);
  for (const card of box.querySelectorAll("[data-drive]")) {
    const name = card.dataset.drive;
    const drive = state[`drive:${name}`] || (state[`far:${name}`] && { ...state[`far:${name}`], far: true });
    if (!drive) continue;
    const now = doing(drive, state[`now:${card.dataset.drive}`]);
    const [what, bar, soft] = [card.querySelector(".what"), card.querySelector("progress"), card.querySelector(".soft")];
    card.className = `card ${now.kind || ""}`;
    if (what.textContent !== now.text) what.textContent = now.text;
    bar.hidden = !now.of;
    if (now.of) bar.value = now.done / now.of;
    soft.textContent = [now.speed ? `${now.speed.toFixed(1)}x` : "", now.left ? `about ${minutes(now.left)} left` : ""].filter(Boolean).join(", ");
  }
}

async function examine(drive) {
  const text = $("examined");
  text.textContent = `Reading the disc in ${shortName(drive)}.`;
  try { text.textContent = `${shortName(drive)}: ${(await ask("POST", "/api/drives/examine", { drive })).text}`; }
  catch (error) { text.textContent = ""; throw error; }
}

async function details(drive) {
  const found = await ask("POST", "/api/drives/doctor", { drive });
  const box = $("doctor");
  box.hidden = false;
  $("doctor-head").textContent = `${shortName(drive)}: ${found.can_burn ? "a burn could start" : "no burn could start now"}`;
  $("doctor-advice").replaceChildren(...found.advice.map((text) => make("li", text)));
  $("doctor-list").replaceChildren(...[...found.sections].reverse().flatMap((section) => [make("h4", section.title),
    make("dl", "", {}, ...section.lines.flatMap(([label, text]) => [make("dt", label), make("dd", text)]))]));
  box.focus();
  box.scrollIntoView({ block: "nearest" });
}

function showBoxes() {
  const hosts = [...new Set(values("far").map((far) => far.host))].sort();
  const names = values("drive").filter((drive) => !drive.problem).map((drive) => drive.name).sort();
  redraw($("burn-drives"), [names, hosts], () => [make("legend", "Drives"), ...(names.length ? names.map((name) => {
    const box = make("input", "", { type: "checkbox", value: name });
    box.checked = true;
    return make("label", "", {}, box, ` ${shortName(name)}`);
  }) : [make("p", hosts.length ? `The drives of ${hosts.join(", ")} burn it.` : "There is no recorder here; the order waits for one.")])]);
}

// ---- Reports

function showList() {
  const orders = values("order").sort((a, b) => b.order - a.order);
  redraw($("order-list"), orders, () => orders.length ? orders.map((order) => make("li", "", {},
    make("a", `${order.title || `Order ${order.order}`}`, { href: `#report/${order.order}` }),
    ` ${account(order)} (${word(order.state)})`)) : [make("li", "No orders yet.")]);
  if (shownReport) {
    const now = state[`order:${shownReport.order}`];
    const sum = now && [now.state, now.good, now.checked, now.spoiled, now.unknown, now.lost, now.under_way].join();
    if (now && sum !== shownReport.sum) { shownReport.sum = sum; openReport(shownReport.order, sum); }
  }
}

async function openReport(order, sum) {
  let report;
  try { report = await ask("GET", `/api/orders/${order}`); } catch (error) { trouble("act", error.message); return; }
  shownReport = { ...report, sum };
  $("report").hidden = false;
  $("report-title").textContent = report.title || `Order ${order}`;
  $("report-account").textContent = `${account({ ...report.account, state: report.state })} (${word(report.state)}). ` +
    (report.check === "full" ? "Each good copy was read back, sector by sector." : "Only the table of contents of each copy was checked.");
  $("report-csv").href = `/api/orders/${order}/report.csv`;
  $("again").disabled = !report.again;
  $("report-rows").replaceChildren(...report.attempts.map((one) => make("tr", "", {},
    make("td", String(one.number)), make("td", word(one.state)), make("td", shortName(one.drive) + (one.host ? ` on ${one.host}` : "")),
    make("td", new Date(one.at * 1000).toLocaleString()), make("td", one.reason))));
  const disc = report.disc ? report.disc.tracks : [];
  $("report-tracks").replaceChildren(...disc.map((track) => make("tr", "", {},
    make("td", String(track.number)), make("td", [track.title, track.artist].filter(Boolean).join(" – ") || track.source),
    make("td", minutes(track.sectors / 75)), make("td", track.sha256, { class: "sum" }))));
  $("insert").replaceChildren(make("h2", report.title || ""), make("ol", "", {}, ...disc.map((track) => make("li", track.title || track.source, {},
    make("span", minutes(track.sectors / 75))))));
}

$("print").addEventListener("click", () => { document.body.classList.add("insert"); print(); });
addEventListener("afterprint", () => document.body.classList.remove("insert"));
$("again").addEventListener("click", async () => {
  const count = Number(prompt("How many more good discs?", "1"));
  if (!Number.isInteger(count) || count < 1) return;
  try {
    await ask("POST", "/api/orders", { master: shownReport.master, title: shownReport.title, count, drives: [], speed: null });
    location.hash = "#now";
  } catch (error) { trouble("act", error.message); }
});

// ---- everything

function show() {
  trouble("server", state.trouble ? state.trouble.text : "");
  $("notice").textContent = values("drive").reduce(
    (text, drive) => text.replaceAll(drive.name, shortName(drive.name)), state.notice ? state.notice.text : "");
  showTodo();
  showOrders();
  showCards($("cards"), false);
  showCards($("drive-list"), true);
  showBoxes();
  showList();
  showBurn();
}

function begin() {
  listen();
  route();
  showTracks();
}

const PLACES = [...PAGES, "main", ""];
const fragment = location.hash.slice(1);
if (!PLACES.includes(fragment.split("/")[0])) {
  login(fragment).catch((error) => { history.replaceState(null, "", "#burn"); trouble("login", error.message); needLogin(); });
} else {
  fetch("/api/state").then((answer) => (answer.ok && sessionKey() ? begin() : needLogin()), () => setTimeout(() => location.reload(), 2000));
}
