/* The last script of a page: everything that React draws with is there. */
window.renderer = new window.DashRenderer();
