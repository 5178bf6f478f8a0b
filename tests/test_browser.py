"""The explorer and the drawn graph in a real browser. Skipped, with a word, where there is no chromium."""

import base64
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlsplit

import axe_core_python
import npm
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from served import HOSTILE, filled, process
from small_graphs import Fact, document, id_of

from ingest.tables import TableReader
from kg.model import Bibliography, Document, Extraction
from kg.ontology import load
from kg.store import Store

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="chromium and chromedriver are not installed")

TOKEN = "a token that nobody guesses"
PAGES = (
    "",
    "search?q=动力",
    f"entity/{quote(id_of('Technology:动力电池'), safe='')}",
    "chain?from=863计划&to=NEV industry",
    "graph?around=863计划",
    "questions",
    "questions/timeline?who=863计划&go=1",
    "questions/timeline?who=863计划&go=1&as=chart&lang=en",
    "analysis",
    "analysis/program-timeline?country=中国&beside=中国&go=1",
    "analysis/instrument-mix?go=1",
    "analysis/match?what=比亚迪&go=1",
    f"sparql?q={quote('SELECT ?a ?b { ?a pkg:targets ?b }')}",
    "documents",
    "documents/paper-a?at=0-5",
    "documents/paper-a?show=refusals",
    "documents/paper-a?show=tables",
    "help",
)

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run "
    "--disable-component-update --disable-sync --window-size=1200,900"
)
_READY = "return document.querySelector('main:not([aria-busy]) h1')?.textContent"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with process(filled(tmp_path_factory.mktemp("browser") / "store"), token=TOKEN) as (address, _):
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
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    looked(chromium, "light")
    chromium.get_log("browser")
    chromium.get_log("performance")
    yield chromium
    assert "pwned" not in chromium.title
    assert chromium.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in asked if each["method"] == "Network.requestWillBeSent"]
    assert urls
    assert {urlsplit(url).hostname for url in urls if url.startswith("http")} <= {"127.0.0.1"}


def sized(browser: webdriver.Chrome, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def narrowed(browser: webdriver.Chrome) -> None:
    sized(browser, 320, 640)


def looked(browser: webdriver.Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def wait(browser: webdriver.Chrome, ready: Callable[[], object]) -> None:
    WebDriverWait(browser, 15, poll_frequency=0.05).until(lambda _: ready())


def heading(browser: webdriver.Chrome, text: str) -> WebElement:
    """The page's content, once it has that heading."""
    wait(browser, lambda: browser.execute_script(_READY) == text)
    return browser.find_element(By.TAG_NAME, "main")


def shown(browser: webdriver.Chrome, address: str, page: str) -> WebElement:
    """The content of that page of the explorer, whatever was there before."""
    browser.get("about:blank")
    browser.get(f"{address}/#/{page}")
    wait(
        browser,
        lambda: browser.execute_script(_READY) and not browser.find_elements(By.CSS_SELECTOR, ".boardbox:empty"),
    )
    return browser.find_element(By.TAG_NAME, "main")


def looked_at(browser: webdriver.Chrome, title: str) -> str:
    """The words that stand out in the text of a document, once its statements are marked."""
    heading(browser, title)
    read = "return document.querySelector('.text[data-marked] mark.wanted')?.textContent"
    wait(browser, lambda: browser.execute_script(read))
    return str(browser.execute_script(read))


def kept(browser: webdriver.Chrome, press: Callable[[], object]) -> bytes:
    """The file that the browser is given to keep when something is pressed."""
    browser.execute_script("""
        window.kept = undefined;
        URL.createObjectURL = (blob) => {
            const reader = new FileReader();
            reader.onload = () => (window.kept = reader.result.split(",")[1]);
            reader.readAsDataURL(blob);
            return "#/kept";
        };
        HTMLAnchorElement.prototype.click = function () {};
    """)
    press()
    wait(browser, lambda: browser.execute_script("return window.kept"))
    return base64.b64decode(browser.execute_script("return window.kept"))


def test_from_a_search_to_the_sentence_in_its_document(browser: webdriver.Chrome, address: str) -> None:
    shown(browser, address, "")
    browser.find_element(By.ID, "q").send_keys("863计")
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#search [role=option]"))
    assert "计划" in browser.find_element(By.CSS_SELECTOR, "#search [role=option] .quiet").text
    browser.find_element(By.ID, "q").send_keys(Keys.DOWN, Keys.ENTER)
    content = heading(browser, "863计划")
    assert "863计划 targets 动力电池。" in content.text
    assert "1986年" in content.text
    content.find_element(By.PARTIAL_LINK_TEXT, "paper-a §1").click()
    assert looked_at(browser, "paper-a").startswith("863计划")
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".panel .statement"))
    assert "出台" in browser.find_element(By.CSS_SELECTOR, ".panel .statement").text


def test_a_slip_is_answered_by_names_that_are_near(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "search?q=双积分政笨")
    content.find_element(By.LINK_TEXT, "双积分政策").click()
    assert "建议" in heading(browser, "双积分政策").text


def test_an_entity_is_shown_with_its_timeline_and_figures(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, f"entity/{quote(id_of('Program:863计划'), safe='')}")
    wait(browser, lambda: content.find_elements(By.CSS_SELECTOR, ".chart svg"))
    assert "1986年" in content.find_element(By.CSS_SELECTOR, ".timed").text
    row = content.find_element(By.CSS_SELECTOR, "table tbody tr").text
    assert "比亚迪" in row
    assert "3亿元" in row


def test_a_documents_tables_are_shown_with_what_is_odd(browser: webdriver.Chrome, tmp_path: Path) -> None:
    text = "表1 2023年各国产量\n\n|国家|产量(吨)|\n|---|---|\n|英国|5.25|\n|德国|3.5|\n|法国|3.5|\n"
    read = Document("made", text, "zh", Bibliography(title_zh="产量", title_en="Output", year=2025))
    found = TableReader(load()).read(read)
    with Store.open(tmp_path / "store") as store:
        store.put(Extraction(read, found.entities, found.mentions, (), (), "test", found.tables))
    with process(tmp_path / "store") as (address, _):
        content = shown(browser, address, "documents/made?show=tables")
        assert "表1 2023年各国产量" in content.text
        assert [cell.text for cell in content.find_elements(By.CSS_SELECTOR, "td.number")] == ["5.25", "3.5", "3.5"]
        odd = {cell.text for cell in content.find_elements(By.CSS_SELECTOR, "td.odd")}
        (table,) = found.tables
        assert len(content.find_elements(By.CSS_SELECTOR, ".note li")) == len(table.findings)
        assert bool(odd) == bool(table.findings)
        content.find_element(By.LINK_TEXT, "在原文中看").click()
        assert "5.25" in looked_at(browser, "产量")


def test_what_a_text_marks_is_shown_as_meant_and_places_stay_where_they_are(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    text = (
        "# 引言\n\n张三^{1,2}\\*\n\n**摘要** 甲计划推动了减排^[3]。CO_{2}之外，0.23**、0.45**都显著。丙计划随后^①。\n"
    )
    with Store.open(tmp_path / "store") as store:
        store.put(Extraction(Document("made", text, "zh", Bibliography(title_zh="标记")), (), (), (), (), "test"))
    start = text.index("丙计划")
    with process(tmp_path / "store") as (address, _):
        content = shown(browser, address, f"documents/made?at={start}-{start + 3}")
        assert looked_at(browser, "标记") == "丙计划"
        box = content.find_element(By.CLASS_NAME, "text")
        lines = [line for line in box.text.splitlines() if line]
        assert lines == [
            "引言",
            "张三1,2*",
            "摘要 甲计划推动了减排[3]。CO2之外，0.23**、0.45**都显著。丙计划随后①。",
        ]
        assert [raised.text for raised in box.find_elements(By.TAG_NAME, "sup")] == ["1,2", "[3]", "①"]
        assert [bold.text for bold in box.find_elements(By.TAG_NAME, "strong")] == ["引言", "摘要"]
        assert box.get_property("textContent") == text


def test_policies_are_matched_to_a_firm(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "analysis/match?what=比亚迪&go=1&as=table")
    assert "863计划" in content.find_element(By.CSS_SELECTOR, "table tbody").text


# ---- Chains


def test_chains_show_evidence_for_each_hop(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "chain")
    content.find_element(By.NAME, "from").send_keys("863计划")
    content.find_element(By.NAME, "to").send_keys("NEV industry", Keys.ENTER)
    wait(browser, lambda: browser.find_elements(By.CLASS_NAME, "chain"))
    first = browser.find_element(By.CLASS_NAME, "chain")
    assert first.find_element(By.CLASS_NAME, "route").text == "863计划 —面向→ 动力电池 —应用于→ 新能源汽车产业"
    assert len(first.find_elements(By.CLASS_NAME, "weakest")) == 1
    first.find_element(By.XPATH, ".//button[.='展开全部原文']").click()
    assert [q.text for q in first.find_elements(By.CSS_SELECTOR, "blockquote p")] == [
        "863计划 targets 动力电池。",
        "动力电池 appliedIn 新能源汽车产业。",
    ]


def test_the_board_leads_from_left_to_right_and_opens_evidence(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "chain?from=863计划&to=新能源汽车产业")
    left = """
        const cards = [...document.querySelectorAll(".board a")];
        return Object.fromEntries(cards.map((card) => [card.querySelector("text").textContent, card.getBBox().x]));
    """
    at = browser.execute_script(left)
    assert at["863计划"] < at["动力电池"] < at["新能源汽车产业"]
    hop = content.find_element(By.CSS_SELECTOR, ".board [role=button][aria-label*='面向']")
    hop.send_keys(Keys.ENTER)
    assert "863计划 targets 动力电池。" in content.find_element(By.CSS_SELECTOR, ".panel blockquote").text


def test_a_board_of_all_columns_fits_a_laptop(browser: webdriver.Chrome, tmp_path: Path) -> None:
    steps = (
        Fact("Policy:某某产业振兴规划", "established", "Program:某某重大专项"),
        Fact("Program:某某重大专项", "targets", "Firm:某某集团"),
        Fact("Firm:某某集团", "develops", "Technology:某某技术"),
        Fact("Technology:某某技术", "enables", "Product:某某设备"),
        Fact("Product:某某设备", "appliedIn", "Industry:某某装备产业"),
    )
    with Store.open(tmp_path / "store") as store:
        store.put(document("made", *steps))
    with process(tmp_path / "store") as (address, _):
        sized(browser, 1280, 800)
        content = shown(browser, address, "chain?from=某某产业振兴规划&to=某某装备产业")
        box = content.find_element(By.CLASS_NAME, "boardbox")
        assert len(box.find_elements(By.CSS_SELECTOR, ".board a")) == 6
        assert box.get_property("scrollWidth") <= box.get_property("clientWidth")
        content.find_element(By.XPATH, "//button[.='突出显示']").click()
        sized(browser, 1100, 800)
        wait(browser, lambda: box.get_property("scrollWidth") <= box.get_property("clientWidth"))


@pytest.mark.parametrize(("id_", "said"), [("AJZIqNlRuhUEdfk", "已不在图谱中"), ("x", "不是关系链的 id")])
def test_a_chain_that_is_not_there_is_told_in_the_readers_language(
    browser: webdriver.Chrome, address: str, id_: str, said: str
) -> None:
    content = shown(browser, address, f"chain/{id_}")
    assert said in content.find_element(By.CLASS_NAME, "failure").text
    content.find_element(By.LINK_TEXT, "关系链").click()
    heading(browser, "关系链")
    browser.get_log("browser")  # that the server did not find it


def test_what_is_only_proposed_is_marked_in_a_chain(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "chain?from=双积分政策&to=新能源汽车产业")
    assert content.find_element(By.CSS_SELECTOR, ".chain .badge.proposed").text == "建议"
    assert content.find_elements(By.CSS_SELECTOR, ".board .line.dashed")
    without = shown(browser, address, "chain?from=双积分政策&to=新能源汽车产业&actual=true")
    assert "没有这样的关系链" in without.text


def test_a_chain_is_copied_as_a_citation(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "chain?from=863计划&to=新能源汽车产业")
    browser.execute_script("navigator.clipboard.writeText = async (text) => { window.copied = text; };")
    content.find_element(By.XPATH, ".//button[.='复制为引文']").click()
    wait(browser, lambda: browser.execute_script("return window.copied"))
    text = browser.execute_script("return window.copied")
    assert "863计划 targets 动力电池。" in text
    assert "paper-a" in text
    assert browser.find_element(By.ID, "said").text == "已复制"


# ---- The graph


def drawn(browser: webdriver.Chrome, address: str, params: str) -> list[str]:
    """The names in the drawing that the address asks for."""
    shown(browser, address, f"graph?{params}")
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".canvas[data-drawn]"))
    labels = "return document.querySelector('.canvas').network.body.data.nodes.get().map(({ label }) => label)"
    return [str(label).partition(" +")[0] for label in browser.execute_script(labels)]


def test_the_graph_is_drawn_where_the_server_puts_it(browser: webdriver.Chrome, address: str) -> None:
    names = drawn(browser, address, "around=863计划")
    assert set(names) == {"863计划", "中国", "动力电池", "比亚迪"}
    painted = """
        const canvas = document.querySelector("canvas");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte);
    """
    assert browser.execute_script(painted)
    assert browser.execute_script("return document.querySelector('.canvas').network.physics.physicsEnabled") is False


def test_the_graph_is_looked_at_and_grows_by_keyboard(browser: webdriver.Chrome, address: str) -> None:
    drawn(browser, address, "around=863计划")
    find = browser.find_element(By.CSS_SELECTOR, ".drawing input[type=search]")
    find.send_keys("动力电池", Keys.ENTER)
    panel = browser.find_element(By.CLASS_NAME, "panel")
    assert panel.find_element(By.TAG_NAME, "h2").text == "动力电池"
    browser.refresh()
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".canvas[data-drawn]"))
    panel = browser.find_element(By.CLASS_NAME, "panel")
    assert panel.find_element(By.TAG_NAME, "h2").text == "动力电池"
    panel.find_element(By.XPATH, ".//li/button[contains(., '支持对象')]").send_keys(Keys.ENTER)
    wait(browser, lambda: panel.find_elements(By.TAG_NAME, "blockquote"))
    assert "863计划 targets 动力电池。" in panel.text
    panel.find_element(By.XPATH, ".//button[.='动力电池']").click()
    panel.find_element(By.XPATH, ".//button[.='展开周围']").click()
    wait(browser, lambda: "around=" in browser.current_url.partition("863")[2])
    names = "return document.querySelector('.canvas[data-drawn]')?.network.body.data.nodes.length"
    wait(browser, lambda: (browser.execute_script(names) or 0) > 8)


@pytest.mark.parametrize(
    ("params", "there", "gone"),
    [
        ("around=863计划&until_year=1980", "动力电池", "中国"),
        ("around=863计划&relation=funds", "比亚迪", "动力电池"),
        ("around=比亚迪&hide_source=paper-a", "动力电池", "863计划"),
        ("around=双积分政策&modality=negated", "卡脖子", "新能源汽车产业"),
        ("type=Program&type=Firm", "比亚迪", "动力电池"),
        ("around=863计划&min_confidence=0.85", "动力电池", "中国"),
    ],
)
def test_the_graph_is_filtered(browser: webdriver.Chrome, address: str, params: str, there: str, gone: str) -> None:
    names = drawn(browser, address, params)
    assert there in names
    assert gone not in names


def test_a_path_stands_out_and_the_picture_is_kept(browser: webdriver.Chrome, address: str) -> None:
    drawn(browser, address, "around=863计划&hops=2")
    browser.find_element(By.CSS_SELECTOR, ".drawing input[type=search]").send_keys("863计划", Keys.ENTER)
    panel = browser.find_element(By.CLASS_NAME, "panel")
    panel.find_element(By.TAG_NAME, "input").send_keys("新能源汽车产业", Keys.ENTER)
    assert [row.text.partition(" 证据")[0] for row in panel.find_elements(By.CSS_SELECTOR, "ol > li")] == [
        "863计划 —面向→ 动力电池",
        "动力电池 —应用于→ 新能源汽车产业",
    ]
    picture = kept(browser, browser.find_element(By.XPATH, "//button[.='SVG']").click).decode()
    assert picture.startswith("<svg")
    assert "<script" not in picture.lower()
    assert "863计划" in picture
    image = kept(browser, browser.find_element(By.XPATH, "//button[.='PNG']").click)
    assert image.startswith(b"\x89PNG")


# ---- Questions


def test_a_question_is_asked_with_its_form(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "questions/funds?lang=en")
    content.find_element(By.NAME, "funder").send_keys("863计划", Keys.ENTER)
    wait(browser, lambda: browser.find_elements(By.TAG_NAME, "td"))
    assert browser.find_element(By.LINK_TEXT, "比亚迪")
    browser.find_element(By.LINK_TEXT, "paper-a").click()
    assert looked_at(browser, "paper-a") == "863计划 funds 比亚迪3亿元。"


def test_answers_are_charts_and_files(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "questions/developers-of?what=动力电池&go=1&as=chart")
    wait(browser, lambda: content.find_elements(By.CSS_SELECTOR, ".chart rect"))
    csv = kept(browser, content.find_element(By.XPATH, ".//button[.='CSV']").click)
    assert csv.startswith(b"\xef\xbb\xbf")
    assert "比亚迪" in csv.decode()
    book = kept(browser, content.find_element(By.XPATH, ".//button[.='Excel']").click)
    with zipfile.ZipFile(BytesIO(book)) as parts:
        assert "比亚迪" in parts.read("xl/sharedStrings.xml").decode()


def test_a_query_is_written_with_completion_and_answered(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "sparql")
    area = content.find_element(By.TAG_NAME, "textarea")
    area.clear()
    area.send_keys("SELECT ?what WHERE { ?program a pkg:Program ; pkg:targ")
    wait(browser, lambda: content.find_elements(By.CSS_SELECTOR, "#terms [role=option]"))
    area.send_keys(Keys.TAB, " ?what }")
    assert "pkg:targets ?what" in str(area.get_attribute("value"))
    area.send_keys(Keys.CONTROL, Keys.ENTER)
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main td a"))
    assert browser.find_element(By.CSS_SELECTOR, "main td a").text == "动力电池"
    assert "targets" in browser.current_url


def test_an_analysis_is_a_chart_with_its_table(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, "analysis")
    content.find_element(By.CSS_SELECTOR, ".listed a[href*='centrality']").click()
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".chart rect"))
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main tbody tr"))
    assert "动力电池" in browser.find_element(By.CSS_SELECTOR, ".chart").text


# ---- Every page


def test_the_language_is_part_of_the_address(browser: webdriver.Chrome, address: str) -> None:
    shown(browser, address, f"entity/{quote(id_of('Industry:新能源汽车产业'), safe='')}")
    browser.find_element(By.ID, "language").click()
    heading(browser, "NEV industry")
    assert "lang=en" in browser.current_url
    assert browser.execute_script("return document.documentElement.lang") == "en"
    browser.refresh()
    heading(browser, "NEV industry")
    browser.back()
    heading(browser, "新能源汽车产业")


def test_the_look_is_chosen_and_kept(browser: webdriver.Chrome, address: str) -> None:
    shown(browser, address, "help")
    theme = browser.find_element(By.ID, "theme")
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    light = browser.execute_script(ground)
    theme.click()
    theme.click()
    dark = browser.execute_script(ground)
    assert dark != light
    browser.refresh()
    assert browser.execute_script(ground) == dark
    browser.execute_script("localStorage.clear()")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nonsense", "没有这一页"),
        ("entity/firm%2F没有", "没有"),
        ("questions/nonsense", "没有这个问题"),
        ("documents/none", "图谱中没有名为“none”的文献"),
        ("documents/none?lang=en", "the store holds no document named none"),
        ("graph?around=没有的东西", "图谱中没有名为“没有的东西”的实体"),
        ("graph?around=没有的东西&lang=en", "the store knows no entity named 没有的东西"),
        ("sparql?q=SELECT", "查询无法解析"),
        ("sparql?q=SELECT&lang=en", "the query cannot be read"),
    ],
)
def test_errors_are_told_in_the_page(chromium: webdriver.Chrome, address: str, place: str, said: str) -> None:
    shown(chromium, address, place)
    alerts = (By.CSS_SELECTOR, "[role=alert]")
    wait(chromium, lambda: any(said in alert.text for alert in chromium.find_elements(*alerts)))


def test_hostile_names_are_shown_and_never_run(browser: webdriver.Chrome, address: str) -> None:
    content = shown(browser, address, f"entity/{quote(id_of('Technology:动力电池'), safe='')}")
    links = content.find_elements(By.CSS_SELECTOR, ".statements > li > a")
    assert len(links) >= 2 + len(HOSTILE)
    assert all(len(link.text) <= 100 for link in links)
    assert not content.find_elements(By.CSS_SELECTOR, "script, img, style, iframe")
    for link in [link.get_attribute("href") for link in links]:
        browser.get(str(link))
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main:not([aria-busy]) blockquote"))
    drawn(browser, address, "around=动力电池")
    assert not browser.find_elements(By.CSS_SELECTOR, "main :is(script, img, style, iframe)")


def test_the_menu_of_a_narrow_screen_opens(browser: webdriver.Chrome, address: str) -> None:
    narrowed(browser)
    shown(browser, address, "")
    browser.find_element(By.ID, "menu").click()
    browser.find_element(By.LINK_TEXT, "帮助").click()
    heading(browser, "帮助")
    assert not browser.find_element(By.ID, "nav").is_displayed()


def test_it_is_used_by_keyboard_alone(browser: webdriver.Chrome, address: str) -> None:
    shown(browser, address, "")
    keys = webdriver.ActionChains(browser)
    keys.send_keys(Keys.TAB).perform()
    assert browser.switch_to.active_element.get_attribute("id") == "skip"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    keys.reset_actions()
    keys.send_keys("/").perform()
    field = browser.switch_to.active_element
    assert field.get_attribute("id") == "q"
    field.send_keys("比亚")
    wait(browser, lambda: field.get_attribute("aria-expanded") == "true")
    field.send_keys(Keys.DOWN)
    active = browser.find_element(By.ID, str(field.get_attribute("aria-activedescendant")))
    assert active.text.startswith("比亚迪")
    field.send_keys(Keys.ENTER)
    heading(browser, "比亚迪")
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.tag_name == "a"


@cache
def axe() -> str:
    """The script that looks for barriers: as npm has it, else the older one that PyPI has."""
    modules = npm.installed("axe-core", "4.14.1")
    place = modules / "axe-core" if modules else Path(axe_core_python.__file__).parent
    return (place / "axe.min.js").read_text(encoding="utf-8")


_CHECK = """
    const done = arguments[0];
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(" | ")}`)));
"""


@pytest.mark.parametrize("page", PAGES)
def test_everybody_can_use_it(browser: webdriver.Chrome, address: str, page: str) -> None:
    """On a screen of 320 pixels, and without barriers in either look."""
    shown(browser, address, page)
    # a script that the page loads itself would be refused
    browser.execute_script(axe())
    assert browser.execute_async_script(_CHECK) == []
    looked(browser, "dark")
    narrowed(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    assert browser.execute_async_script(_CHECK) == []


# ---- Sending documents


def test_a_document_is_sent_and_read(browser: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    paper = tmp_path / "letter.txt"
    paper.write_text("1986年，中国政府启动863计划。比亚迪研发了动力电池。", encoding="utf-8")
    content = shown(browser, address, "documents")
    field = content.find_element(By.ID, "file")
    field.send_keys(str(paper))
    wait(browser, lambda: "口令" in content.find_element(By.CLASS_NAME, "files").text)
    content.find_element(By.ID, "token").send_keys(TOKEN)
    field.send_keys(str(paper))
    long = WebDriverWait(browser, 120, poll_frequency=0.2)
    long.until(lambda _: content.find_elements(By.CSS_SELECTOR, ".files .done a"))
    content.find_element(By.CSS_SELECTOR, ".files .done a").click()
    text = heading(browser, "letter")
    wait(browser, lambda: text.find_elements(By.CSS_SELECTOR, ".text .stated"))


def test_a_file_that_is_not_taken_says_why(chromium: webdriver.Chrome, address: str, tmp_path: Path) -> None:
    strange = tmp_path / "no-ending"
    strange.write_bytes(b"MZ")
    content = shown(chromium, address, "documents")
    for token, said in (("wrong", "口令"), (TOKEN, "不能作文献的文件名")):
        field = content.find_element(By.ID, "token")
        field.clear()
        field.send_keys(token)
        content.find_element(By.ID, "file").send_keys(str(strange))
        wait(chromium, lambda said=said: said in content.find_element(By.CSS_SELECTOR, ".files .warn span").text)


# ---- The drawn graph for hand-over, and the API's pages


def test_the_drawn_graph_shows_evidence_on_a_click_and_finds_by_name(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/view?around=863计划")
    wait(browser, lambda: browser.execute_script("return Object.keys(network.getPositions()).length"))
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
