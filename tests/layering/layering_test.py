#!/usr/bin/env python3
"""Each of the build's four layering gates refuses what it is for.

A project of two or three tiny libraries is configured and built with the product's own cmake/StrongroomLibrary.cmake: once
as it should be, then with one violation at a time. Usage: layering_test.py ROOT (extra arguments go to cmake).
"""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = ""
CMAKE_ARGUMENTS = []

TOP = """
cmake_minimum_required(VERSION 3.25)
project(tiny CXX)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_CXX_STANDARD 23)
include(cmake/StrongroomLibrary.cmake)
add_subdirectory(low)
add_subdirectory(other)
add_subdirectory(high)
"""

GOOD = {
    "CMakeLists.txt": TOP,
    "low/CMakeLists.txt": "strongroom_library(NAME low LAYER 1)",
    "low/include/strongroom/low/low.h": "#pragma once\nnamespace low { int value(); }\n",
    "low/src/low.cc": '#include "strongroom/low/low.h"\nint low::value() { return 1; }\n',
    "other/CMakeLists.txt": "strongroom_library(NAME other LAYER 1)",
    "other/include/strongroom/other/other.h": "#pragma once\nnamespace other { int value(); }\n",
    "other/src/other.cc": '#include "strongroom/other/other.h"\nint other::value() { return 2; }\n',
    "high/CMakeLists.txt": "strongroom_library(NAME high LAYER 2 DEPS low)",
    "high/include/strongroom/high/high.h": '#pragma once\n#include "strongroom/low/low.h"\nint high();\n',
    "high/src/high.cc": '#include "strongroom/high/high.h"\nint high() { return low::value(); }\n',
}


class Gates(unittest.TestCase):
    def project(self, changes):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in {**GOOD, **changes}.items():
            whole = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
        os.symlink(os.path.join(ROOT, "cmake"), os.path.join(folder.name, "cmake"))
        return folder.name

    def run_in(self, folder, *command):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def configure(self, changes):
        folder = self.project(changes)
        code, output = self.run_in(folder, "cmake", "-G", "Ninja", "-B", "build", *CMAKE_ARGUMENTS)
        return folder, code, output

    def build(self, changes, target):
        folder, code, output = self.configure(changes)
        self.assertEqual(code, 0, output)
        return self.run_in(folder, "ninja", "-C", "build", target)

    def test_the_good_project_passes_all_four(self):
        folder, code, output = self.configure({})
        self.assertEqual(code, 0, output)
        for target in ("high_link_test", "other_link_test", "all_verify_interface_header_sets"):
            code, output = self.run_in(folder, "ninja", "-C", "build", target)
            self.assertEqual(code, 0, output)

    def test_1_a_dependency_must_be_of_a_lower_layer(self):
        for layer in (1, 0):
            _, code, output = self.configure({"high/CMakeLists.txt": f"strongroom_library(NAME high LAYER {layer} DEPS low)"})
            self.assertNotEqual(code, 0)
            self.assertIn(f"layering: high (layer {layer}) may not use low (layer 1)", output)

    def test_2_an_undeclared_library_has_no_include_root(self):
        code, output = self.build(
            {"high/src/high.cc": '#include "strongroom/other/other.h"\nint high() { return other::value(); }\n'}, "high"
        )
        self.assertNotEqual(code, 0)
        self.assertIn("strongroom/other/other.h", output)

    def test_3_an_undeclared_library_cannot_be_linked_by_hand(self):
        code, output = self.build(
            {"high/src/high.cc": "namespace other { int value(); }\nint high() { return other::value(); }\n"}, "high_link_test"
        )
        self.assertNotEqual(code, 0)
        self.assertIn("other::value()", output)

    def test_4_a_header_must_stand_alone(self):
        code, output = self.build(
            {"high/include/strongroom/high/high.h": "#pragma once\nstd::string high();\n",
             "high/src/high.cc": "#include <string>\n" + '#include "strongroom/high/high.h"\nstd::string high() { return {}; }\n'},
            "all_verify_interface_header_sets",
        )
        self.assertNotEqual(code, 0)
        self.assertIn("high.h", output)


if __name__ == "__main__":
    ROOT = os.path.abspath(sys.argv[1])
    CMAKE_ARGUMENTS = sys.argv[2:]
    unittest.main(argv=sys.argv[:1])
