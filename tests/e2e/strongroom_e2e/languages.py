"""The same program in each language of the official clients, installed by run.py."""

import os

from .server import ROOT

OUT = os.path.join(ROOT, "build", "e2e")
SOURCES = os.path.join(ROOT, "tests", "e2e")


def command(language, name):
    """What starts the program `name` ("chain", "calls") in `language`."""
    if language == "python":
        return [os.path.join(OUT, "python", "bin", "python"), os.path.join(SOURCES, "python", name + ".py")]
    if language == "node":
        return ["node", os.path.join(SOURCES, "node", name + ".js")]
    if language == "go":
        return [os.path.join(OUT, "go", name)]
    classpath = open(os.path.join(OUT, "java", "classpath"), encoding="utf-8").read()
    return ["java", "-cp", os.path.join(OUT, "java", "classes") + ":" + classpath, "e2e." + name.capitalize()]
