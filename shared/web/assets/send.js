/* How a page asks its site to change something: JSON there and back, and for every way it can fail one sentence that a person can read. */
(function () {
  "use strict";

  /** Send `body` (undefined: none; a File or Blob as it is) and return what the site says.
      Rejects with an Error whose message is for the reader; `status` is undefined where the site could not be reached, `data` is what it said, `field` what it names. `keepalive`: also while the page is being left. */
  window.northline.send = async (method, address, body, keepalive) => {
    const raw = body instanceof Blob;
    let answer;
    try {
      answer = await fetch(address, { method, keepalive: Boolean(keepalive), headers: { Accept: "application/json", "Content-Type": raw ? "application/octet-stream" : "application/json" }, body: body === undefined || raw ? body : JSON.stringify(body) });
    } catch (error) { throw Object.assign(new Error("The site could not be reached. Nothing was saved; try again.", { cause: error }), { data: {} }); }
    if (answer.status === 401) { location.reload(); throw Object.assign(new Error("You are not signed in any more."), { status: 401, data: {} }); }
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(data.error || "The site answered with status " + answer.status + ". Nothing was saved."), { status: answer.status, data, field: data.field });
    return data;
  };
})();
