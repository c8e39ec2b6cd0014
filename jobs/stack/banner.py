"""What stands on the screen when everything is ready."""

from jobs.stack.platform import Platform


def banner(platform: Platform, seconds: float) -> str:
    """Return addresses, sign-ins and the way to stop."""
    lines = ["", f"Ready in {seconds:.1f} s.", "", f"  BI site    {platform.urls['bi']}", f"  CMO site   {platform.urls['cmo']}", ""]
    lines += _people(platform) if platform.options.demo_mode else [
        "  Demo mode is off. Add the first person:  python -m jobs person add EMAIL --name NAME --role admin", ""]
    return "\n".join([*lines, f"  Logs in {platform.state.folder / 'log'}; Ctrl-C (or make stop) ends it.", ""])


def _people(platform: Platform) -> list[str]:
    people = platform.people()
    width = max(len(one["email"]) for one in people)
    lines = [f"  Sign in as (password of all: {platform.demo_password})"]
    for one in people:
        reach = f" of {', '.join(one['branches'])}" if one["role"] == "branch_manager" else ""
        lines.append(f"    {one['email']:<{width}}  {one['role'].replace('_', ' ')}{reach}")
    return [*lines, "  This is a demo company; for your own data set DATABASE_URL and DEMO_MODE=0 (docs/operations.md).", ""]
