/* What a reader chooses by a slider, a field or a list: a control that is, or stands within, [data-choice=<name>] changes the address by itself, and the page follows in place.
   A slider shows its value at once in output[data-of=<name>], and two controls of one name (a slider and its field) move together.
   Over named values, such as 7, 30 and all days, a slider counts places: [data-values] holds them, and [data-words] what the reader sees of them, parted by bars. */
(function () {
  "use strict";
  const PAUSE = 250;
  let waiting = 0, changes = {};

  const boxOf = (control) => (control.closest && control.matches("input,select,textarea") ? control.closest("#page [data-choice]") : null);
  const of = (name) => [...document.querySelectorAll('#page [data-choice="' + CSS.escape(name) + '"]')].map((box) => (box.matches("input,select,textarea") ? box : box.querySelector("input,select,textarea"))).filter(Boolean);
  const at = (parted, place) => parted.split("|")[Number(place)];

  function mirror(from, box) {
    of(box.dataset.choice).forEach((other) => { if (other !== from) other.value = from.value; });
    const said = box.dataset.words ? at(box.dataset.words, from.value) : from.value;
    document.querySelectorAll('#page output[data-of="' + CSS.escape(box.dataset.choice) + '"]').forEach((output) => { output.textContent = (output.dataset.before || "") + said + (output.dataset.after || ""); });
  }

  document.addEventListener("input", (event) => { const box = boxOf(event.target); if (box) mirror(event.target, box); });
  document.addEventListener("change", (event) => {
    const chosen = event.target, box = boxOf(chosen);
    if (!box) return;
    if (chosen.validity && !chosen.validity.valid) { chosen.reportValidity(); return; }
    const value = box.dataset.values ? at(box.dataset.values, chosen.value) : chosen.value;
    changes[box.dataset.choice] = value === box.dataset.default ? "" : value;
    clearTimeout(waiting);
    waiting = setTimeout(() => { const now = changes; changes = {}; document.documentElement.dataset.loading = "yes"; Promise.resolve(northline.choose(now, true)).finally(() => { delete document.documentElement.dataset.loading; }); }, PAUSE);
  });
})();
