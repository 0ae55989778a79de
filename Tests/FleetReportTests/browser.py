"""Opens a page in a headless Chromium and asks it questions: browser.py PAGE < questions.json > answers.json

A question is a JavaScript expression; the answers are their values, beside everything that the console called an
error and every address that was asked for but the page itself. Flags: --dark, --width N, --height N, --shot FILE,
--pdf FILE.
"""
import argparse, base64, json, os, subprocess, sys, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("page")
parser.add_argument("--dark", action="store_true")
parser.add_argument("--width", type=int, default=1280)
parser.add_argument("--height", type=int, default=900)
parser.add_argument("--shot")
parser.add_argument("--pdf")
options = parser.parse_args()

to_browser, from_us = os.pipe()
to_us, from_browser = os.pipe()


def connect():
    # The browser reads its commands from descriptor 3 and writes to 4.
    ours, its = os.dup(to_browser), os.dup(from_browser)
    os.dup2(ours, 3)
    os.dup2(its, 4)


profile = tempfile.TemporaryDirectory()
browser = subprocess.Popen(
    ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
     "--remote-debugging-pipe", f"--user-data-dir={profile.name}", "about:blank"],
    preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.close(to_browser)
os.close(from_browser)
rest, number, errors, requests, events = b"", 0, [], [], []


def read():
    global rest
    while b"\0" not in rest:
        piece = os.read(to_us, 1 << 20)
        if not piece:
            sys.exit("the browser ended")
        rest += piece
    message, rest = rest.split(b"\0", 1)
    return json.loads(message)


def note(message):
    method, what = message.get("method"), message.get("params", {})
    events.append(method)
    if method == "Runtime.exceptionThrown":
        errors.append(json.dumps(what["exceptionDetails"])[:500])
    elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
        errors.append(what["entry"]["text"])
    elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
        errors.append(json.dumps(what["args"])[:500])
    elif method == "Network.requestWillBeSent" and not what["request"]["url"].startswith("file:"):
        requests.append(what["request"]["url"])


def call(method, session=None, **parameters):
    global number
    number += 1
    message = {"id": number, "method": method, "params": parameters}
    if session:
        message["sessionId"] = session
    os.write(from_us, json.dumps(message).encode() + b"\0")
    while True:
        answer = read()
        if answer.get("id") == number:
            if "error" in answer:
                sys.exit(f"{method}: {answer['error']}")
            return answer["result"]
        note(answer)


target = call("Target.createTarget", url="about:blank")["targetId"]
session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
for domain in ("Page", "Runtime", "Log", "Network"):
    call(f"{domain}.enable", session)
scheme = "dark" if options.dark else "light"
call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
call("Emulation.setDeviceMetricsOverride", session, width=options.width, height=options.height, deviceScaleFactor=1,
     mobile=False)
call("Page.navigate", session, url="file://" + os.path.abspath(options.page))
while "Page.loadEventFired" not in events:
    note(read())
answers = []
for question in json.loads(sys.stdin.read() or "[]"):
    answer = call("Runtime.evaluate", session, expression=question, returnByValue=True, awaitPromise=True)
    if "exceptionDetails" in answer:
        errors.append(json.dumps(answer["exceptionDetails"])[:500])
    answers.append(answer["result"].get("value"))
if options.shot:
    image = call("Page.captureScreenshot", session, captureBeyondViewport=True)
    open(options.shot, "wb").write(base64.b64decode(image["data"]))
if options.pdf:
    call("Emulation.setEmulatedMedia", session, media="print")
    paper = call("Page.printToPDF", session, preferCSSPageSize=True, printBackground=True)
    open(options.pdf, "wb").write(base64.b64decode(paper["data"]))
print(json.dumps({"answers": answers, "errors": errors, "requests": requests}))
os.write(from_us, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
browser.wait(60)
