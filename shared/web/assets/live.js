/* Live numbers: keeps the WebSocket component connected, puts what it brings into the page, polls while it is closed, and says how old things are.
   The protocol is in docs/live.md.  Times: ms. */
(function () {
  "use strict";
  const PACES = { off: 0, "1s": 1000, "5s": 5000, "15s": 15000, "1m": 60000, "5m": 300000, live: 100 };
  const FIRST = 500, LONGEST = 30000, SILENCE = 45000, TICK = 1000, ASLEEP = 15000, HIDDEN = 20000, LEAST_POLL = 5000, REDRAW = 15000;
  const PULSE = "h:", root = document.documentElement, set = (id, props) => window.dash_clientside.set_props(id, props);
  const L = { phase: "starting", pace: "live", epoch: "", seqs: {}, frame: 0, topics: new Set(), latest: {}, heard: 0, attempt: 0, timer: 0, tick: Date.now(), holds: 0, dirty: 0, redrawn: Date.now(), sends: [], ready: false };
  const badge = () => document.getElementById("live-badge");

  /* ---- connection */
  async function connect() {
    clearTimeout(L.timer); L.timer = 0;
    if (!L.ready || !PACES[L.pace] || !L.topics.size) return;
    say(L.attempt ? "reconnecting" : "connecting");
    try {
      const answer = await fetch("/live/ticket", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ path: location.pathname }) });
      if (answer.status === 401) { location.reload(); return; }  // the sign-in has ended: the page leads to it
      if (!answer.ok) throw new Error("no ticket: " + answer.status);
      const given = await answer.json();
      L.heard = Date.now();
      set("live-socket", { url: given.url + "?ticket=" + encodeURIComponent(given.ticket) });  // another address is a new connection
    } catch (error) { console.debug("live:", error.message); later(); }
  }

  function later() {
    if (L.timer || !PACES[L.pace]) return;
    const most = Math.min(LONGEST, FIRST * 2 ** L.attempt++);
    L.timer = setTimeout(connect, Math.random() * most);  // full jitter: a thousand pages do not come back at once
    say(navigator.onLine ? (L.attempt > 2 ? "polling" : "reconnecting") : "offline");
  }

  function hangUp(phase) { clearTimeout(L.timer); L.timer = 0; L.open = false; set("live-socket", { url: null }); say(phase); }
  function atOnce() { L.attempt = 0; connect(); }

  function send(message) { L.sends.push(JSON.stringify(message)); if (L.sends.length === 1) sendNext(); }
  function sendNext() {  // the component sends a property: two in one tick would be one
    if (!L.sends.length) return;
    if (L.open) set("live-socket", { send: L.sends[0] });
    setTimeout(() => { L.sends.shift(); sendNext(); }, 30);
  }

  const since = (topics) => ({ epoch: L.epoch, seqs: Object.fromEntries(topics.filter((topic) => topic in L.seqs).map((topic) => [topic, L.seqs[topic]])) });
  const rewind = () => Number((document.querySelector("[data-rewind]") || { dataset: {} }).dataset.rewind || 0);
  function subscribe(topics) { if (topics.length) send({ op: "subscribe", topics, since: since(topics), ...(rewind() ? { rewind: rewind() } : {}) }); }

  /* ---- what arrives */
  function state(now) {
    const is = now ? now.readyState : 3;
    if (is === 1) { L.open = true; L.heard = Date.now(); L.frame = 0; L.sends.length = 0; return; }
    L.open = false;
    if (is !== 3 || !now || !("code" in now) || L.phase === "paused" || L.phase === "off") return;
    later();
  }

  const FRAMES = {
    hello: (frame) => { newEpoch(frame.epoch); L.attempt = 0; say("live"); subscribe([...L.topics]); if (PACES[L.pace] > 100) send({ op: "pace", ms: PACES[L.pace] }); },
    beat: () => {},
    msgs: (frame) => {
      if (L.frame && frame.n > L.frame + 1) send({ op: "resync", since: since([...L.topics]) });  // React may leave out a frame under load
      if (frame.n) L.frame = frame.n;
      take(frame);
    },
    refused: (frame) => console.warn("live: refused", frame.topics, frame.why),
    move: () => { setTimeout(atOnce, Math.random() * 3000); },
  };

  function message(packet) {
    if (!packet) return;
    L.heard = Date.now();
    let frame;
    try { frame = JSON.parse(packet.data); } catch (error) { console.warn("live: not JSON", error.message); return; }
    if (frame.v > 1) newer();
    if (FRAMES[frame.op]) FRAMES[frame.op](frame);  // what a newer server says and this page does not know is left aside
  }

  function newEpoch(epoch) { if (epoch && epoch !== L.epoch) { L.epoch = epoch; L.seqs = {}; } }

  function take(frame) {
    newEpoch(frame.epoch);
    for (const topic of frame.reset || []) { delete L.seqs[topic]; emit("northline:reset", { topic }); }
    for (const one of frame.msgs || []) {
      if (!(one.seq > (L.seqs[one.topic] || 0))) continue;  // had it, or something newer
      L.seqs[one.topic] = one.seq;
      if (one.topic === PULSE) { confirm(one.data.holds); continue; }
      if (one.topic.startsWith("e:")) { emit("northline:event", one); continue; }
      L.latest[one.topic] = one;
      window.northline.put(one.topic, one.data, one.at);
      if (one.topic.startsWith("n:")) L.dirty = L.dirty || Date.now();
    }
    ages();
  }
  const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  /* Every number on the page holds what was committed by then: the live worker has said so. */
  function confirm(second) { if (second) { L.holds = Math.max(L.holds, second * 1000); ages(); } }

  /* ---- polling while no socket is open: plain JSON, no Dash callback */
  let polling = false;
  async function poll() {
    if (polling || L.open || !PACES[L.pace] || document.hidden || !L.topics.size) return;
    polling = true;
    try {
      const query = new URLSearchParams([["epoch", L.epoch], ["rewind", rewind()]]);
      for (const topic of [...L.topics].filter((each) => !each.startsWith("p:")).slice(0, 100)) { query.append("topic", topic); query.append("seq", topic in L.seqs ? L.seqs[topic] : ""); }
      const answer = await fetch("/live/poll?" + query);
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) { take(await answer.json()); if (!L.open) say("polling"); } else say("offline");
    } catch (error) { console.debug("live: poll", error.message); say("offline"); } finally { polling = false; }
  }

  /* ---- the page: which topics it shows now; numbers that a redraw brought back older than the last message */
  function look() {
    const holders = [...document.querySelectorAll("#react-entry-point [data-live]")];
    const wanted = new Set(holders.flatMap((holder) => holder.dataset.live.split(" ")).concat(holders.length ? PULSE : []));
    const gone = [...L.topics].filter((topic) => !wanted.has(topic)), fresh = [...wanted].filter((topic) => !L.topics.has(topic));
    L.topics = wanted;
    gone.forEach((topic) => { delete L.latest[topic]; delete L.seqs[topic]; });
    for (const topic of wanted) if (L.latest[topic]) window.northline.put(topic, L.latest[topic].data, L.latest[topic].at);
    if (L.open) { if (gone.length) send({ op: "unsubscribe", topics: gone }); subscribe(fresh); } else if (fresh.length && !L.timer && L.phase !== "paused") connect();
    ages();
  }

  /* What no message carries (bars, sentences, figures) follows in one redraw for all that has changed, when nobody is in the middle of something. */
  function redraw() {
    const view = document.querySelector("#page [data-query]");
    if (!L.dirty || !view || document.hidden || document.querySelector("#page [data-still]") || Date.now() - L.redrawn < Math.max(REDRAW, PACES[L.pace] || Infinity)) return;
    if (document.querySelector("details.pop[open], .offcanvas.show, dialog[open]") || (document.activeElement && document.activeElement.closest("input,select,textarea"))) return;
    L.dirty = 0; L.redrawn = Date.now() + Math.random() * 3000;
    window.northline.redraw();
  }

  /* ---- how old, and how connected */
  const inZone = new Intl.DateTimeFormat([], { ...window.northline.zoned, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const clock = (moment) => inZone.format(moment);
  const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", polling: "Polling", paused: "Paused", off: "Paused", offline: "Offline", starting: "Connecting" };
  function say(phase) {
    L.phase = phase;
    root.dataset.live = phase;
    const shown = badge();
    if (!shown) return;
    shown.dataset.state = phase;
    const words = shown.querySelector(".live-word");
    if (words && words.textContent !== WORDS[phase]) words.textContent = WORDS[phase];
    if (window.dash_clientside && document.getElementById("live-page")) set("live-poll", { disabled: L.open === true || !PACES[L.pace], interval: Math.max(LEAST_POLL, PACES[L.pace] || LEAST_POLL) });
  }

  function ages() {
    const now = Date.now();
    let oldest = Infinity;
    document.querySelectorAll("#react-entry-point [data-live][data-limit]").forEach((holder) => {
      const at = Math.max(Date.parse(holder.dataset.at) || 0, L.phase === "off" || L.phase === "paused" ? 0 : L.holds), old = (now - at) / 1000, limit = Number(holder.dataset.limit);
      const age = old > 5 * limit ? "red" : old > limit ? "amber" : "";
      if ((holder.dataset.age || "") !== age) holder.dataset.age = age;
      const text = "as of " + clock(at);
      const shown = holder.querySelector(".as-of");
      if (shown && shown.textContent !== text) shown.textContent = text;
      oldest = Math.min(oldest, at);
    });
    const shown = badge(), time = shown && shown.querySelector("time");
    if (time && oldest < Infinity) { const text = clock(oldest); if (time.textContent !== text) time.textContent = text; }
  }

  function newer() {
    if (root.dataset.newer) return;
    root.dataset.newer = "yes";
    const note = document.getElementById("newer");
    if (note) note.hidden = false;
  }

  /* ---- the reader's choice: on screen at once, then kept; taken back where it cannot be kept */
  function showPace() { document.querySelectorAll("[data-do=pace]").forEach((each) => each.setAttribute("aria-checked", String(each.dataset.pace === L.pace))); }
  function usePace(pace) {
    L.pace = pace in PACES ? pace : "live";
    showPace();
    if (!PACES[L.pace]) { hangUp("off"); return; }
    if (L.open) { send({ op: "pace", ms: PACES[L.pace] }); say("live"); } else atOnce();
  }
  async function choosePace(button) {
    const before = L.pace, note = document.querySelector("#live-badge .problem");
    usePace(button.dataset.pace);
    if (note) note.textContent = "";
    try {
      const answer = await fetch("/preferences/pace", { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ path: location.pathname, pace: L.pace }) });
      if (!answer.ok) throw new Error(((await answer.json()) || {}).error || "status " + answer.status);
    } catch (error) {
      usePace(before);
      if (note) note.textContent = "This could not be kept: " + error.message;
    }
  }

  /* ---- the world outside */
  addEventListener("online", atOnce);
  addEventListener("offline", () => { if (PACES[L.pace]) say("offline"); });
  let hidden = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) { hidden = setTimeout(() => { if (PACES[L.pace]) hangUp("paused"); }, HIDDEN); return; }
    if (L.phase === "paused") { L.dirty = 1; L.redrawn = 0; atOnce(); } else if (!L.open) atOnce();
  });
  setInterval(() => {
    const now = Date.now(), slept = now - L.tick > ASLEEP;
    L.tick = now;
    if (document.hidden) return;
    if ((slept || (L.open && now - L.heard > SILENCE)) && PACES[L.pace]) { L.open = false; atOnce(); }
    ages(); redraw();
  }, TICK);

  document.addEventListener("northline:drawn", () => {
    if (!L.ready && window.dash_clientside && document.getElementById("live-page")) { L.ready = true; L.pace = (badge() || { dataset: {} }).dataset.pace || "live"; showPace(); if (!PACES[L.pace]) say("off"); }
    if (L.ready) { look(); say(L.phase); showPace(); }
  });

  const nothing = () => window.dash_clientside.no_update;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.live = { message: (packet) => { message(packet); return nothing(); }, state: (now) => { state(now); return nothing(); }, poll: () => { poll(); return nothing(); } };
  window.northline.actions = { ...window.northline.actions, pace: choosePace };
  window.northline.live = L;
})();
