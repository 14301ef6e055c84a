// Keeps a page current. Without this script a page is complete; it is then loaded again by its refresh.
(() => {
  "use strict";
  const root = document.body.dataset.root;
  let interval = Number(document.body.dataset.interval) || 30;
  const note = document.getElementById("stale");
  const live = document.getElementById("live");
  const form = document.getElementById("filters");
  let age = Number(document.body.dataset.age);
  let read = performance.now();
  let running = null;
  let again = false;
  let source = null;
  let tried = 0;

  const seconds = () => age + (performance.now() - read) / 1000;

  function tick() {
    if (Number.isNaN(age) || document.body.dataset.age === "") return;
    const now = seconds();
    const isStale = now >= 2 * interval;
    live.textContent = `${isStale ? "not live" : "live"}, ${Math.max(0, Math.floor(now))} s old`;
    if (isStale) {
      note.textContent = `This page is stale: what it shows is ${Math.floor(now)} s old, and a round is due every ${interval} s.`;
    }
    note.hidden = !isStale;
    for (const part of document.querySelectorAll("#attention, #works, #hosts, #host")) part.classList.toggle("old", isStale);
    if (isStale && performance.now() - tried > interval * 1000) {
      tried = performance.now(); // a stream that broke while the machine slept reports no error
      load();
      listen();
    }
  }

  function replace(part, fresh) {
    if (part.innerHTML === fresh.innerHTML) return;
    const inside = part.contains(document.activeElement) ? document.activeElement : null;
    const link = inside && inside.getAttribute("href");
    const open = [...part.querySelectorAll("details[open]")].map((each) => each.id);
    const offsets = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
    part.innerHTML = fresh.innerHTML;
    part.className = fresh.className;
    for (const id of open) {
      const details = id && document.getElementById(id);
      if (details) details.open = true;
    }
    part.querySelectorAll(".scroll").forEach((each, index) => { each.scrollLeft = offsets[index] || 0; });
    if (inside) {
      const same = link && [...part.querySelectorAll("a")].find((each) => each.getAttribute("href") === link);
      (same || document.getElementById("main")).focus({ preventScroll: true });
    }
  }

  async function load() {
    if (running) { again = true; return running; }
    running = (async () => {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout?.(20000) });
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-part]")) {
          const same = fresh.getElementById(part.id);
          if (same) replace(part, same);
        }
        document.title = fresh.title;
        age = Number(fresh.body.dataset.age);
        interval = Number(fresh.body.dataset.interval) || interval;
        read = performance.now();
        tick();
      } catch {
        // The exporter does not answer; the age of the page goes on, and says so.
      }
    })();
    await running;
    running = null;
    if (again) { again = false; await load(); }
  }

  function listen() {
    source?.close();
    source = new EventSource(`${root}api/v1/events`);
    source.addEventListener("round", load);
    source.addEventListener("error", (event) => {
      if (event.target.readyState === EventSource.CLOSED) setTimeout(() => { load(); listen(); }, interval * 1000);
    });
  }

  if (form) {
    let waiting = 0;
    const apply = () => {
      const wanted = new URLSearchParams(new FormData(form));
      for (const [name, value] of [...wanted]) if (!value) wanted.delete(name);
      history.replaceState(null, "", `?${wanted}`);
      load();
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 250); });
  }

  if (document.body.dataset.age !== "") {
    tick();
    setInterval(tick, 1000);
    listen();
  }
})();
