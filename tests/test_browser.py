"""The explorer and the drawn graph in a real browser. Skipped, with a word, where there is no chromium."""

import json
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from served import HOSTILE, filled, process
from small_graphs import id_of

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="chromium and chromedriver are not installed")

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run "
    "--disable-component-update --disable-sync --window-size=1200,900"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with process(filled(tmp_path_factory.mktemp("browser") / "store")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in _FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield browser
    browser.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """A browser in which no page may log an error, reach out to the network, or run what a document says."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    chromium.get_log("performance")
    yield chromium
    assert "pwned" not in chromium.title
    assert chromium.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in asked if each["method"] == "Network.requestWillBeSent"]
    assert urls
    assert {urlsplit(url).hostname for url in urls if url.startswith("http")} <= {"127.0.0.1"}


def wait(browser: webdriver.Chrome, ready: Callable[[], object]) -> None:
    WebDriverWait(browser, 15, poll_frequency=0.05).until(lambda _: ready())


def heading(browser: webdriver.Chrome, text: str) -> WebElement:
    """The page's content, once it has that heading."""
    read = "return document.querySelector('main:not([aria-busy]) h1')?.textContent"
    wait(browser, lambda: browser.execute_script(read) == text)
    return browser.find_element(By.TAG_NAME, "main")


def test_from_a_search_to_the_sentence_in_its_document(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/")
    heading(browser, "政策知识图谱")
    field = browser.find_element(By.ID, "q")
    field.send_keys("863计")
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#q-names option[value='863计划']"))
    field.send_keys("划", Keys.ENTER)
    content = heading(browser, "863计划")
    assert "863计划 targets 动力电池。" in content.text
    assert "1986年" in content.text
    content.find_element(By.PARTIAL_LINK_TEXT, "paper-a §1").click()
    assert heading(browser, "paper-a").find_element(By.TAG_NAME, "mark").text.startswith("863计划")


def test_a_slip_is_answered_by_names_that_are_near(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/#/find?q=双积分政笨")
    heading(browser, "查找：双积分政笨").find_element(By.LINK_TEXT, "双积分政策").click()
    assert "建议" in heading(browser, "双积分政策").text


def test_chains_show_evidence_for_each_hop(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/#/chains")
    content = heading(browser, "关系链")
    content.find_element(By.NAME, "from").send_keys("863计划")
    content.find_element(By.NAME, "to").send_keys("NEV industry", Keys.ENTER)
    wait(browser, lambda: browser.find_elements(By.CLASS_NAME, "chain"))
    first = browser.find_element(By.CLASS_NAME, "chain")
    assert first.find_element(By.CLASS_NAME, "route").text == "863计划 —面向→ 动力电池 —应用于→ 新能源汽车产业"
    assert [q.text for q in first.find_elements(By.CSS_SELECTOR, "blockquote p")] == [
        "863计划 targets 动力电池。",
        "动力电池 appliedIn 新能源汽车产业。",
    ]


def test_a_question_is_asked_with_its_form(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/#/ask/funds?lang=en")
    content = heading(browser, "Who funds what, with how much?")
    content.find_element(By.NAME, "funder").send_keys("863计划", Keys.ENTER)
    wait(browser, lambda: browser.find_elements(By.TAG_NAME, "td"))
    assert browser.find_element(By.LINK_TEXT, "比亚迪")
    browser.find_element(By.LINK_TEXT, "paper-a").click()
    assert heading(browser, "paper-a").find_element(By.TAG_NAME, "mark").text == "863计划 funds 比亚迪3亿元。"


def test_the_language_is_part_of_the_address(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/#/entity/{quote(id_of('Industry:新能源汽车产业'), safe='')}")
    heading(browser, "新能源汽车产业")
    browser.find_element(By.ID, "language").click()
    heading(browser, "NEV industry")
    assert "lang=en" in browser.current_url
    browser.refresh()
    heading(browser, "NEV industry")
    browser.back()
    heading(browser, "新能源汽车产业")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nonsense", "没有这一页"),
        ("entity/firm%2F没有", "没有"),
        ("ask/nonsense", "没有这个问题"),
        ("document/none", "none"),
    ],
)
def test_errors_are_told_in_the_page(chromium: webdriver.Chrome, address: str, place: str, said: str) -> None:
    chromium.get("about:blank")
    chromium.get(f"{address}/#/{place}")
    wait(chromium, lambda: chromium.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    assert said in chromium.find_element(By.CSS_SELECTOR, "[role=alert]").text


def test_hostile_names_are_shown_and_never_run(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/#/entity/{quote(id_of('Technology:动力电池'), safe='')}")
    content = heading(browser, "动力电池")
    links = content.find_elements(By.CSS_SELECTOR, "li > a")
    assert len(links) >= 2 + len(HOSTILE)
    assert all(len(link.text) <= 100 for link in links)
    assert not content.find_elements(By.CSS_SELECTOR, "script, img, style")
    for link in [link.get_attribute("href") for link in links]:
        browser.get(str(link))
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main:not([aria-busy]) blockquote"))


@pytest.mark.parametrize(
    "page", ["", "chains?from=863计划&to=NEV industry", "ask/timeline?who=863计划&go=1", "documents"]
)
def test_it_fits_a_narrow_screen(browser: webdriver.Chrome, address: str, page: str) -> None:
    size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.get(f"{address}/#/{page}")
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main:not([aria-busy]) h1"))
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_drawn_graph_shows_evidence_on_a_click_and_finds_by_name(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/view?around=863计划")
    still = "return !network.physics.stabilized ? '' : Object.keys(network.getPositions()).length"
    wait(browser, lambda: browser.execute_script(still))
    painted = """
        const canvas = document.querySelector("canvas");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte);
    """
    assert browser.execute_script(painted)
    panel = browser.find_element(By.ID, "panel")
    browser.find_element(By.ID, "name").send_keys("动力电池", Keys.ENTER)
    wait(browser, lambda: panel.find_elements(By.TAG_NAME, "h2"))
    assert panel.find_element(By.TAG_NAME, "h2").text == "动力电池"
    panel.find_element(By.XPATH, ".//button[contains(., '863计划')]").click()
    wait(browser, lambda: panel.find_elements(By.TAG_NAME, "blockquote"))
    assert "863计划 targets 动力电池。" in panel.text
    assert "paper-a" in panel.text
    click_the_middle_of(browser, id_of("Technology:动力电池"))
    wait(browser, lambda: panel.find_element(By.TAG_NAME, "h2").text == "动力电池")


def click_the_middle_of(browser: webdriver.Chrome, id_: str) -> None:
    browser.execute_script("network.moveTo({position: network.getPositions([arguments[0]])[arguments[0]]})", id_)
    webdriver.ActionChains(browser).move_to_element(browser.find_element(By.ID, "mynetwork")).click().perform()


def test_the_pages_of_the_api_work_without_the_network(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/docs")
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".opblock-summary-path"))
    assert "/api/chains" in browser.find_element(By.TAG_NAME, "main").text
