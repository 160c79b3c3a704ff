#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Shows that the checks in this folder find what they look for."""
import unittest

import libraries
import sources

SPDX = "/* SPDX-License-Identifier: EUPL-1.2 */\n"


class Libraries(unittest.TestCase):
    def test_each_forbidden_library_is_found(self):
        for program, (must, may) in libraries.POWERS.items():
            base = [x + ".so.1" for x in must] + ["libc.so.6"]
            self.assertEqual(libraries.judge(program, base), [])
            for x in ("libssl", "libcurl", "libsqlite3", "libjansson",
                      "libnghttp2", "libsodium", "libz"):
                if x in must | may:
                    continue
                self.assertEqual(
                    libraries.judge(program, base + [x + ".so.3"]),
                    [f"{program}: must not link {x}"])

    def test_each_missing_library_is_found(self):
        for program, (must, _) in libraries.POWERS.items():
            for x in must:
                rest = [y + ".so.1" for y in must if y != x]
                self.assertEqual(libraries.judge(program, rest),
                                 [f"{program}: does not link {x}"])

    def test_sanitizers_are_allowed(self):
        self.assertEqual(libraries.judge(
            "overstapd", ["libasan.so.8", "libubsan.so.1", "libc.so.6"]), [])

    def test_an_unknown_program_is_a_fault(self):
        self.assertEqual(len(libraries.judge("stranger", [])), 1)


class Sources(unittest.TestCase):
    def faults(self, path, text):
        return sources.file_faults(path, SPDX + text)

    def test_a_clean_file_has_no_faults(self):
        self.assertEqual(self.faults(
            "store/a.c", '#include "protocol/b.h"\n#include <sqlite3.h>\n'), [])

    def test_layers(self):
        for layer, may in sources.MAY.items():
            for to in sources.MAY:
                got = self.faults(f"{layer}/a.c", f'#include "{to}/b.h"\n')
                self.assertEqual(got == [], to in may, (layer, to))

    def test_powers_of_system_headers(self):
        self.assertTrue(self.faults("crypto/a.c", "#include <sqlite3.h>\n"))
        self.assertTrue(self.faults("crypto/a.c", "#include <jansson.h>\n"))
        self.assertTrue(self.faults(
            "daemon/vault/a.c", "#include <jansson.h>\n"))
        self.assertTrue(self.faults(
            "daemon/store/a.c", "#include <openssl/ssl.h>\n"))
        self.assertTrue(self.faults(
            "daemon/net/a.c", "#include <sqlite3.h>\n"))
        self.assertTrue(self.faults(
            "protocol/a.c", "#include <sys/socket.h>\n"))
        self.assertEqual(self.faults(
            "daemon/net/a.c", "#include <openssl/ssl.h>\n"), [])

    def test_banned_functions(self):
        for name in ("strcpy", "strcat", "sprintf", "gets", "strtok", "atoi",
                     "atol", "alloca", "system", "popen", "tmpnam",
                     "mktemp"):
            self.assertEqual(
                self.faults("base/a.c", f"\n\tx = {name} (a);\n"),
                [f"base/a.c:3: banned function {name}"])
        for harmless in ("/* strcpy(a) */", 'x = "gets(a)";',
                         "snprintf(a);", "ov_system(a);", "system_id = 1;"):
            self.assertEqual(self.faults("base/a.c", harmless), [])

    def test_licence_and_length(self):
        self.assertEqual(sources.file_faults("base/a.c", "int x;\n"),
                         ["base/a.c: no SPDX line"])
        self.assertEqual(len(self.faults("base/a.c", "\n" * 700)), 1)
        js = "// SPDX-License-Identifier: EUPL-1.2\n"
        self.assertEqual(sources.file_faults("tests/a.js", "x()\n"),
                         ["tests/a.js: no SPDX line"])
        self.assertEqual(sources.file_faults("tests/a.js", js), [])
        self.assertEqual(len(sources.file_faults("tests/a.js",
                                                 js + "\n" * 700)), 1)

    def test_a_header_must_compile_alone(self):
        self.assertTrue(sources.header_faults(".", "cc", "no/such.h"))


if __name__ == "__main__":
    unittest.main()
