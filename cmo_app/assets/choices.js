/* What a reader chooses by a slider, a field or a list: [data-choice=<name>] changes the address by itself, and the page follows in place.
   A slider shows its value at once in output[data-of=<name>], and two controls of one name (a slider and its field) move together. */
(function () {
  "use strict";
  const PAUSE = 250;
  let waiting = 0, changes = {};

  const of = (name) => document.querySelectorAll('#page [data-choice="' + CSS.escape(name) + '"]');

  function mirror(from) {
    of(from.dataset.choice).forEach((other) => { if (other !== from) other.value = from.value; });
    document.querySelectorAll('#page output[data-of="' + CSS.escape(from.dataset.choice) + '"]').forEach((output) => { output.textContent = (output.dataset.before || "") + from.value + (output.dataset.after || ""); });
  }

  document.addEventListener("input", (event) => { if (event.target.dataset && event.target.dataset.choice) mirror(event.target); });
  document.addEventListener("change", (event) => {
    const chosen = event.target;
    if (!chosen.dataset || !chosen.dataset.choice) return;
    if (chosen.validity && !chosen.validity.valid) { chosen.reportValidity(); return; }
    changes[chosen.dataset.choice] = chosen.value === chosen.dataset.default ? "" : chosen.value;
    clearTimeout(waiting);
    waiting = setTimeout(() => { const now = changes; changes = {}; document.documentElement.dataset.loading = "yes"; Promise.resolve(northline.choose(now, true)).finally(() => { delete document.documentElement.dataset.loading; }); }, PAUSE);
  });
})();
