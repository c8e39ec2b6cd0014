"""Where people are sent, and where shared files lie."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web import asset_url
from shared.web.gate import safe_next


@pytest.mark.parametrize("hostile", [
    None, "", "http://evil.test", "https:evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "/%2f/evil.test", "/%5cevil.test", "/\t/evil.test", "/%09/evil.test",
    "javascript:alert(1)", "/\r\nSet-Cookie: a=b", "/login?next=/", "/sign-out", " /x", "/" + "x" * 3000,
])
def test_nobody_is_sent_elsewhere_after_signing_in(hostile: str | None) -> None:
    assert safe_next(hostile) == "/"


@pytest.mark.parametrize("own", ["/", "/trends", "/trends?period=mtd&branch=1", "/a/b#c", "/login-help"])
def test_a_path_of_this_site_is_kept(own: str) -> None:
    assert safe_next(own) == own


@given(st.text(alphabet="/\\.:%2f5c@ht\tpevil\n?#", max_size=30))
def test_whatever_is_kept_has_no_host_of_its_own(text: str) -> None:
    kept = safe_next(text)
    assert kept.startswith("/")
    assert not urlsplit(kept.replace("\\", "/")).netloc


def test_an_asset_address_carries_the_version_of_its_content() -> None:
    assert asset_url("pages.css").startswith("/vendor/pages.css?v=")
    assert asset_url("pages.css") != asset_url("pages.js").replace("js", "css")


@pytest.mark.parametrize("name", ["nope.css", "../pages.css", "../../settings.py", "/etc/passwd"])
def test_only_files_of_the_shared_folders_have_an_address(name: str) -> None:
    with pytest.raises(FileNotFoundError, match="no shared asset"):
        asset_url(name)
