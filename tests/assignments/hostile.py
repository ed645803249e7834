"""Submissions that break something, each with the status that it must get and the questions that it must lose.

`CODE` is added as a cell of its own to a notebook in which everything else is right; "{canary}" in it stands for a
folder of the leader's. What stands under `NATIVE` gets past the audit hook, and is harmless only where namespaces hold.
"""

NOTHING, EVERYTHING = "", "q1 q2 q3 q4 q5 q6"

CODE = {
    "syntax error": ("def shapes(B, n, d, d_a:\n    return {}", ["syntax error"], NOTHING),
    "endless loop": ("while True:\n    pass", ["time limit"], NOTHING),
    "endless loop that catches everything": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        ["time limit"],
        EVERYTHING,
    ),
    "endless loop without the alarm": (
        "import signal\n\nfor number in (signal.SIGALRM, signal.SIGPROF):\n    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    pass",
        ["time limit"],
        EVERYTHING,
    ),
    "endless sleep": ("import time\n\ntime.sleep(1e6)", ["time limit"], NOTHING),
    "endless loop when called": ("def shapes(B, n, d, d_a):\n    while True:\n        pass", ["time limit"], "q1"),
    "eats memory by lists": ("held = []\nwhile True:\n    held.append(bytearray(10**7))", ["memory limit"], NOTHING),
    "eats memory by one array": ("held = np.ones(10**11)", ["memory limit"], NOTHING),
    "eats memory when called": ("def shapes(*sizes):\n    return np.ones(10**10)", ["memory limit"], "q1"),
    "prints gigabytes": ("while True:\n    print('x' * 10**6)", ["output limit"], NOTHING),
    "prints gigabytes past Python": (
        "import os\n\nwhile True:\n    os.write(1, b'x' * 10**6)",
        ["output limit"],
        EVERYTHING,
    ),
    "returns gigabytes": ("def shapes(*sizes):\n    return np.zeros(3 * 10**6)", ["output limit"], EVERYTHING),
    "writes one huge file": (
        "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(10**7))",
        ["file limit"],
        NOTHING,
    ),
    "deletes the leader's files": ("import shutil\n\nshutil.rmtree('{canary}')", ["touched files"], NOTHING),
    "overwrites the package": (
        "import tutorial_utils\n\nopen(tutorial_utils.__file__, 'w').write('')",
        ["touched files"],
        NOTHING,
    ),
    "overwrites the leader's file": ("open('{canary}/grades.csv', 'w').write('100')", ["touched files"], NOTHING),
    "calls exit": ("import sys\n\nsys.exit(0)", ["called exit"], NOTHING),
    "ends the process": ("import os\n\nos._exit(0)", ["process died"], EVERYTHING),
    "forks": ("import os\n\nwhile True:\n    os.fork()", ["started processes"], NOTHING),
    "starts a shell": ("import os\n\nos.system('sleep 1000')", ["started processes"], NOTHING),
    "uses the network": (
        "import urllib.request\n\nurllib.request.urlopen('http://192.0.2.1/')",
        ["used the network"],
        NOTHING,
    ),
    "patches NumPy's checkers": (
        "np.allclose = np.array_equal = lambda *a, **k: True\n\ndef shapes(*sizes):\n    return {}",
        ["patched the checker"],
        "q1",
    ),
    "patches the grader": ("grader.check = lambda name: 'all passed'", ["patched the checker"], NOTHING),
    "patches what writes the report": (
        "import answers\n\nanswers.encode = lambda value: {'points': 100}",
        ["patched the checker"],
        "q1 q5",
    ),
    "redefines the tests": (
        "open('public_tests/q1.py', 'w').write('points = 100')\n\ndef shapes(*sizes):\n    return {}",
        ["changed the tests"],
        "q1",
    ),
    "writes a report of its own": (
        "import json, os, time\n\ndone = json.dumps({'event': 'done', 'points': {'q1': 100}})\n"
        "for number in range(3, 30):\n    try:\n        os.write(number, (done + '\\n').encode())\n"
        "    except OSError:\n        pass\ntime.sleep(30)",
        ["ok"],
        EVERYTHING,
    ),
    "answers with an object that equals everything": (
        "class Right(dict):\n    def __eq__(self, other):\n        return True\n\n    __ne__ = __hash__ = None\n\n\n"
        "def shapes(*sizes):\n    return Right()",
        ["ok"],
        "q1",
    ),
    "looks for the expected answers": (
        "import gc, sys\n\n\ndef shapes(*sizes):\n    frame, found = sys._getframe(), {}\n    while frame:\n"
        "        for place in (frame.f_locals, frame.f_globals):\n            found.update(place.get('expected', {}))\n"
        "        frame = frame.f_back\n    held = [o for o in gc.get_objects() if type(o) is dict if 'expected' in o]\n"
        "    return held[0]['expected'] if held else found",
        ["ok"],
        "q1",
    ),
    "leaves threads and exit handlers": (
        "import atexit, threading, time\n\natexit.register(time.sleep, 1000)\n"
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
        ["ok"],
        NOTHING,
    ),
    "recurses for ever": ("def down():\n    return down()\n\n\ndown()", ["cell error"], NOTHING),
    "asks for input": ("name = input('Your name? ')", ["cell error"], NOTHING),
    "uses magics": ("%pip install nothing\n!rm -rf ~\n%matplotlib inline", ["ok"], NOTHING),
}

NATIVE = {
    "crashes the interpreter": ("import ctypes\n\nctypes.string_at(0)", ["process died"], EVERYTHING),
    "forks past Python": (
        "import ctypes\n\nfork = ctypes.CDLL(None).fork\nwhile True:\n    fork()",
        ["started processes"],
        EVERYTHING,
    ),
    "deletes past Python": (
        "import ctypes\n\nremoved = ctypes.CDLL(None).remove(b'{canary}/grades.csv')\nassert removed == 0",
        ["cell error"],
        NOTHING,
    ),
    "fills the disk with many files": (
        "for number in range(1000):\n    with open(f'{number}', 'wb') as file:\n        file.write(bytes(10**6))",
        ["file limit"],
        NOTHING,
    ),
    "reads the masters": (
        "from pathlib import Path\n\nimport tutorial_utils\n\nroot = Path(tutorial_utils.__file__).parents[2]\n"
        "text = (root / 'assignments' / '01_single_interest.myst').read_text()",
        ["cell error"],
        NOTHING,
    ),
    "reads the other submissions": ("print(open('{canary}/grades.csv').read())", ["cell error"], NOTHING),
    "kills whatever it may": ("import os, signal\n\nos.kill(-1, signal.SIGKILL)", ["cell error"], NOTHING),
}

FILES = {
    "not JSON.ipynb": (b"hello", ["not a notebook"]),
    "empty.ipynb": (b"", ["not a notebook"]),
    "another format.ipynb": (b'{"worksheets": []}', ["not a notebook"]),
    "deep.ipynb": (b"[" * 100_000, ["not a notebook"]),
    "report.pdf": (b"%PDF-1.4", ["not a notebook"]),
    "large.ipynb": (b" " * 21 * 2**20, ["too large"]),
    "=HYPERLINK(1).ipynb": (b'{"cells": [], "metadata": {}}', ["other assignment"]),
}
