"""Run several variants of one assignment in one process: no shutting in, since every line of them is ours.

Reads a job from standard input, a variant being a list of cells, and writes for each variant the events that the grader
would get, and which public tests it passes.
"""

import inspect
import json
import sys
import types

from grading.inside.calls import answer_events, to_tensor


def main():
    job = json.load(sys.stdin)
    tensor = to_tensor(job["framework"])
    sys.modules["otter.test_files"] = types.SimpleNamespace(test_case=lambda **options: lambda function: function)
    json.dump({name: run(cells, job, tensor) for name, cells in job["variants"].items()}, sys.stdout)


def run(cells, job, tensor):
    env = {"__name__": "__main__"}
    for source in cells:
        exec(compile(source, "<cell>", "exec"), env)
    events = [event for question in job["questions"] for event in answer_events(question, env, tensor)]
    public = {question: passes(text, env) for question, text in job["tests"].items()}
    return {"events": [*events, {"event": "done"}], "public": public}


def passes(text, env):
    """Run the public tests of a question the way Otter does; return what each one said."""
    names = {}
    exec(compile(text, "<tests>", "exec"), names)
    said = {}
    for name, function in names.items():
        if name.startswith("test_") and name != "test_case":
            arguments = [env.get(parameter) for parameter in inspect.signature(function).parameters]
            try:
                said[name] = function(*arguments)
            except Exception as error:
                said[name] = f"{type(error).__name__}: {error}"
    return said


if __name__ == "__main__":
    main()
