/* Sign-in, account and people pages work without this script; it adds the theme before paint and small comforts. */
(function () {
  const root = document.documentElement;
  const remembered = /(?:^|; )theme=(dark|light)/.exec(document.cookie);
  root.dataset.bsTheme = remembered ? remembered[1] : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";

  function onClick(selector, act) {
    document.querySelectorAll(selector).forEach((element) => {
      element.hidden = false;
      element.addEventListener("click", (event) => act(element, event));
    });
  }

  addEventListener("DOMContentLoaded", () => {
    onClick("[data-theme-toggle]", () => {
      root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
      document.cookie = "theme=" + root.dataset.bsTheme + ";path=/;max-age=31536000;samesite=lax";
    });
    onClick("[data-reveal]", (button) => {
      const field = document.getElementById(button.dataset.reveal);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
      button.setAttribute("aria-label", shown ? "Show the password" : "Hide the password");
    });
    onClick("[data-copy]", (button) => {
      const text = document.getElementById(button.dataset.copy).textContent.trim();
      const copied = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
      const label = button.querySelector("span");
      copied.then(() => { label.textContent = "Copied"; }, () => { label.textContent = "Select it and copy"; });
    });
    document.querySelectorAll("form[data-busy]").forEach((form) => form.addEventListener("submit", () => {
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      button.textContent = form.dataset.busy;
    }));
    document.querySelectorAll("form[data-confirm]").forEach((form) => form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    }));
    document.querySelectorAll("[data-filter]").forEach((field) => {
      field.closest("[hidden]")?.removeAttribute("hidden");
      field.addEventListener("input", () => {
        const wanted = field.value.trim().toLowerCase();
        document.querySelectorAll(field.dataset.filter).forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
      });
    });
    document.querySelectorAll("[data-role-rules]").forEach((select) => {
      const rules = JSON.parse(select.dataset.roleRules);
      const show = (id, wanted) => { const part = document.getElementById(id); if (part) part.hidden = !wanted; };
      const update = () => {
        const rule = rules[select.value];
        show("branches-part", rule !== "all");
        show("every-branch", rule === "either");
        show("department-part", select.value === "department_head");
        const every = document.querySelector("#every-branch input");
        show("branch-list", rule === "listed" || !(every && every.checked));
      };
      select.addEventListener("change", update);
      document.querySelector("#every-branch input")?.addEventListener("change", update);
      update();
    });
  });
  /* Coming back with the browser's arrow must not show a button that is still busy. */
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
