/* Who looks after a KPI, and what they note: on the targets page and in the glass box. What is typed stands there at once and goes back, with the reason, where it cannot be saved. */
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const about = (button) => ({ kpi: button.dataset.kpi, branch: button.dataset.branch === "" ? null : Number(button.dataset.branch) });
  const careSay = (care, words) => { $(".care-said", care).textContent = words; };
  async function owner(button) {
    const care = button.closest(".care"), name = $(".care-owner > :nth-child(2)", care), before = name.textContent;
    button.closest("details").open = false;
    name.textContent = button.dataset.person ? button.textContent : "Nobody yet";
    careSay(care, "");
    try { await window.northline.send("PUT", "/kpi/owner", { ...about(button), person: button.dataset.person ? Number(button.dataset.person) : null }); } catch (error) { name.textContent = before; careSay(care, error.message); }
  }
  function status(button) {
    const on = button.getAttribute("aria-pressed") === "true";
    all(".care-s", button.closest(".care")).forEach((each) => each.setAttribute("aria-pressed", String(each === button && !on)));
  }
  async function note(button) {
    const care = button.closest(".care"), input = $("[name=text]", care), chosen = $(".care-s[aria-pressed=true]", care), text = input.value.trim();
    careSay(care, "");
    const item = document.createElement("li"), light = document.createElement("span"), words = document.createElement("div"), small = document.createElement("small");
    light.className = "care-st"; light.append(...(chosen ? [$(".dot", chosen).cloneNode(), chosen.textContent] : ["Note"]));
    words.append(text || (chosen ? chosen.textContent : ""), small); small.textContent = "Saving …"; item.append(light, words);
    let list = $(".care-list", care);
    if (!list) { list = document.createElement("ol"); list.className = "care-list"; care.append(list); }
    list.prepend(item);
    input.value = "";
    try {
      const saved = await window.northline.send("POST", "/kpi/entries", { ...about(button), status: chosen ? chosen.dataset.status : null, text: text });
      small.textContent = saved.who + ", just now";
      if (chosen) chosen.setAttribute("aria-pressed", "false");
      const none = $(".care-none", care); if (none) none.remove();
    } catch (error) { item.remove(); input.value = text; careSay(care, error.message); }
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.closest && event.target.closest(".care-line")) { event.preventDefault(); $("[data-do=care-save]", event.target.closest(".care-line")).click(); } });

  window.northline.actions = { ...window.northline.actions, "care-owner": owner, "care-status": status, "care-save": note };
})();
