/* What a reader chooses by a slider, a field or a list: a control that is, or stands within, [data-choice=<name>] changes the address by itself, and the page follows in place.
   A slider shows its value at once in output[data-of=<name>], and two controls of one name (a slider and its field) move together.
   Over named values, such as 7, 30 and all days, a slider counts places: [data-values] holds them, and [data-words] what the reader sees of them, parted by bars.
   With [data-part=<key>] each box is a part of one choice, ?move=4:-20000,2:20000; parts that stand at [data-default] are left out. */
(function () {
  "use strict";
  const PAUSE = 250, CONTROLS = "input,select,textarea";
  let waiting = 0, changes = {};

  const boxOf = (control) => (control.closest && control.matches(CONTROLS) ? control.closest("#page [data-choice]") : null);
  const of = (name) => [...document.querySelectorAll('#page [data-choice="' + CSS.escape(name) + '"]')];
  const controls = (box) => (box.matches(CONTROLS) ? [box] : [...box.querySelectorAll(CONTROLS)]);
  const at = (parted, place) => parted.split("|")[Number(place)];

  function mirror(from, box) {
    const { choice, part } = box.dataset;
    of(choice).filter((other) => other.dataset.part === part).flatMap(controls).forEach((other) => { if (other !== from) other.value = from.value; });
    const said = box.dataset.words ? at(box.dataset.words, from.value) : from.value;
    document.querySelectorAll('#page output[data-of="' + CSS.escape(choice) + '"]').forEach((output) => { if (output.dataset.part === part) output.textContent = (output.dataset.before || "") + said + (output.dataset.after || ""); });
  }

  const valueOf = (box, control) => (box.dataset.values ? at(box.dataset.values, control.value) : control.value);
  // Of a part that is not being changed the field is asked, not the slider, which has steps.
  const standing = (box) => { const all = controls(box); return valueOf(box, all.find((control) => control.type === "number") || all[0]); };

  function together(box, chosen) {
    const parts = new Map(of(box.dataset.choice).map((each) => [each.dataset.part, each === box ? valueOf(box, chosen) : standing(each)]));
    return [...parts].filter(([, value]) => value !== "" && value !== box.dataset.default).map((pair) => pair.join(":")).join(",");
  }

  document.addEventListener("input", (event) => { const box = boxOf(event.target); if (box) mirror(event.target, box); });
  document.addEventListener("change", (event) => {
    const chosen = event.target, box = boxOf(chosen);
    if (!box) return;
    if (chosen.validity && !chosen.validity.valid) { chosen.reportValidity(); return; }
    mirror(chosen, box);
    const value = box.dataset.part === undefined ? valueOf(box, chosen) : together(box, chosen);
    changes[box.dataset.choice] = value === box.dataset.default ? "" : value;
    clearTimeout(waiting);
    waiting = setTimeout(() => { const now = changes; changes = {}; document.documentElement.dataset.loading = "yes"; Promise.resolve(northline.choose(now, true)).finally(() => { delete document.documentElement.dataset.loading; }); }, PAUSE);
  });
})();
