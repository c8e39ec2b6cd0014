/* Cells of the leaderboard's grid; the same look as the table that stands there first. */
(function () {
  "use strict";
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const h = (...parts) => React.createElement(...parts);
  const muted = (row) => (row.small ? " small" : "");

  cells.NorthlineRank = (props) => {
    const moved = props.data.movement;
    const sign = moved === null ? h("span", { className: "mv", title: "Not ranked before" }, "new")
      : moved === 0 ? h("span", { className: "mv", title: "Same place" }, "·")
      : h("span", { className: "mv " + (moved > 0 ? "up" : "dn"), title: Math.abs(moved) + " place" + (Math.abs(moved) > 1 ? "s " : " ") + (moved > 0 ? "up" : "down") }, (moved > 0 ? "▲" : "▼") + Math.abs(moved));
    return h("span", { className: "rk num" + muted(props.data) }, props.data.rank, sign);
  };
  cells.NorthlineWho = (props) => h("div", { className: "who" + muted(props.data), title: props.data.small ? "Too few leads to judge: drawn towards the branch" : undefined },
    h("span", { className: "ava" }, props.data.initials), h("div", null, props.data.name, h("small", null, props.data.branch)));
  cells.NorthlineBar = (props) => h("div", { className: "nsli" + muted(props.data), title: props.data.small ? "Own value " + props.data.own_text : undefined },
    h("div", { className: "bar" }, h("i", { style: { width: Math.round(props.data.part * 100) + "%" } })), h("span", { className: "num" }, props.data.nsli_text));
  cells.NorthlineText = (props) => h("span", { className: "num" + (props.strong ? " strong" : "") + muted(props.data) }, props.data[props.text]);
})();
