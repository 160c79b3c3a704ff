#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""check_openapi.py FILE - the NL GOV API Design Rules that can be read from
an OpenAPI document, each under its own id, and that it names every endpoint of
docs/protocol.md "Endpoints".  Standard library only.

The ids are those of the rules (core/...) and of the linter published with
them (nlgov:..., Spectral).
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = ("get", "put", "post", "delete", "patch")
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\Z")
KEBAB = re.compile(r"(/([a-z0-9-]+|\{[^}]+\}))+\Z")
CAMEL = re.compile(r"[a-z][a-z\d]*([A-Z][a-z\d]*)*\Z")
PASCAL = re.compile(r"[A-Z][A-Za-z\d]*\Z")
# Names that say "a day": datum, date, geboorteDatum, birth_date.
DAY = re.compile(r"(dag|datum|date)\Z|(\w+D|_[dD])(ate|atum)")
PYTHON = {"string": str, "integer": int, "number": (int, float),
          "boolean": bool, "array": list, "object": dict}
TYPES = ("string", "integer", "number", "boolean", "array", "object")


class Checker:
    def __init__(self, doc):
        self.doc, self.faults = doc, []

    def fault(self, rule, where, why):
        self.faults.append("%s: %s: %s" % (rule, where, why))

    def need(self, rule, where, truth, why):
        if not truth:
            self.fault(rule, where, why)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            here = self.doc
            for step in node["$ref"].removeprefix("#/").split("/"):
                here = here.get(step, {})
            if not here:
                self.fault("oas3-schema", node["$ref"], "leads nowhere")
                return {}
            node = here
        return node

    def run(self):
        self.info()
        self.servers()
        ids = []
        for path, item in self.doc.get("paths", {}).items():
            self.path(path, item)
            for method in METHODS:
                if method in item:
                    ids.append(item[method].get("operationId"))
                    self.operation(method.upper() + " " + path, path, method,
                                   item[method])
        self.need("operation-operationId-unique", "paths",
                  None not in ids and len(set(ids)) == len(ids), "ids")
        for name, schema in self.doc["components"]["schemas"].items():
            self.need("nlgov:schema-camel-case", name, PASCAL.match(name),
                      "schema names are UpperCamelCase")
            self.schema("schemas/" + name, schema)
        self.every_ref()
        return self.faults

    def info(self):
        info, doc = self.doc.get("info", {}), self.doc
        self.need("nlgov:openapi3", "openapi", re.match(
            r"3(\.\d+){1,2}\Z", doc.get("openapi", "")), "version 3")
        self.need("nlgov:semver", "info.version",
                  SEMVER.match(info.get("version", "")), "not semver")
        self.need("core/version-header", "info.version",
                  info.get("version") == header_version(),
                  "not what the header API-Version says")
        for key in ("name", "url", "email"):
            self.need("nlgov:info-contact-fields-exist", "info.contact",
                      info.get("contact", {}).get(key), "no " + key)
        for key in ("title", "description"):
            self.need("core/doc-openapi", "info", info.get(key), "no " + key)
        tags = [t["name"] for t in doc.get("tags", [])]
        self.need("openapi-tags-uniqueness", "tags",
                  len(set(tags)) == len(tags), "twice")

    def servers(self):
        servers = self.doc.get("servers", [])
        self.need("oas3-api-servers", "servers", servers, "none")
        major = "/v" + self.doc["info"]["version"].split(".")[0]
        for s in servers:
            url = s.get("url", "")
            self.need("nlgov:include-major-version-in-uri", url,
                      url.endswith(major), "does not end in " + major)
            self.server(url)
        for item in self.doc.get("paths", {}).values():
            for s in item.get("servers", []):
                self.server(s.get("url", ""))
        for name, s in self.doc["components"]["securitySchemes"].items():
            self.need("nlgov:query-keys-camel-case", name,
                      s.get("in") != "query" or CAMEL.match(s["name"]), name)

    def server(self, url):
        self.need("nlgov:servers-use-https", url,
                  url.startswith("https://"), "not https")
        self.need("oas3-server-variables", url, "{" not in url, "a variable")

    def path(self, path, item):
        self.need("nlgov:paths-no-trailing-slash", path,
                  not path.endswith("/"), "ends in /")
        if path != "/openapi.json":
            self.need("nlgov:paths-kebab-case", path, KEBAB.match(path),
                      "not kebab-case")
        for key in item:
            self.need("nlgov:http-methods", path, key in METHODS + (
                "parameters", "servers", "summary", "description"), key)

    def operation(self, where, path, method, op):
        for key in ("summary", "description", "tags", "operationId"):
            self.need("core/doc-openapi", where, op.get(key), "no " + key)
        known = {t["name"] for t in self.doc["tags"]}
        self.need("core/doc-openapi", where, set(op.get("tags", [])) <= known,
                  "tag without a description")
        self.need("core/http-safety", where,
                  method != "get" or "requestBody" not in op, "GET with body")
        params = [self.resolve(p) for p in op.get("parameters", [])]
        in_path = {p["name"] for p in params if p["in"] == "path"}
        self.need("path-params", where,
                  in_path == set(re.findall(r"\{([^}]+)\}", path)),
                  "path parameters differ from the path")
        for p in params:
            self.need("oas3-schema", where, p.get("description") and "schema"
                      in p and (p["in"] != "path" or p["required"]),
                      "parameter " + p["name"])
            if p["in"] == "query":
                self.need("nlgov:query-keys-camel-case", where,
                          CAMEL.match(p["name"]), p["name"])
            self.need("core/no-sensitive-uris", where, not re.search(
                r"pgn|bsn|pid|naam|geboorte", p["name"], re.I)
                or p["in"] == "header", p["name"])
            self.schema(where, p.get("schema", {}))
        for media in op.get("requestBody", {}).get("content", {}).values():
            self.schema(where, media.get("schema", {}))
        responses = op.get("responses", {})
        self.need("core/http-response-code", where,
                  any(re.match(r"2\d\d\Z", s) for s in responses), "no success")
        if method != "get" or params:
            self.need("nlgov:problem-invalid-input", where,
                      "400" in responses, "cannot answer 400")
        for status, response in responses.items():
            self.response("%s %s" % (where, status), status,
                          self.resolve(response))

    def response(self, where, status, r):
        self.need("nlgov:missing-header", where, r.get("headers"), "none")
        self.need("core/doc-openapi", where, r.get("description"),
                  "no description")
        self.need("nlgov:missing-version-header", where,
                  "API-Version" in r.get("headers", {}), "no API-Version")
        for h in r.get("headers", {}).values():
            self.schema(where, self.resolve(h).get("schema", {}))
        content = r.get("content", {})
        for media in content.values():
            self.schema(where, media.get("schema", {}))
        if status[0] in "45":
            self.need("nlgov:use-problem-schema", where,
                      list(content) == ["application/problem+json"],
                      "not application/problem+json")
            schema = self.resolve(content.get(
                "application/problem+json", {}).get("schema", {}))
            have = set(schema.get("properties", {}))
            self.need("nlgov:problem-schema-members", where,
                      {"status", "title", "detail"} <= have
                      & set(schema.get("required", [])), "members")
        if status == "204":
            self.need("core/http-response-code", where, not content, "a body")

    def schema(self, where, node):
        node = self.resolve(node)
        self.need("oas3-schema", where, node.get("type") in TYPES,
                  "type %r" % node.get("type"))
        if node.get("type") == "array":
            self.need("oas3-schema", where, "items" in node, "no items")
            self.schema(where, node.get("items", {}))
        if "example" in node:
            e = node["example"]
            self.need("oas3-valid-schema-example", where,
                      isinstance(e, PYTHON.get(node.get("type"), object))
                      and ("pattern" not in node
                           or re.search(node["pattern"], e)),
                      "example %r" % (e,))
        if "pattern" in node:
            try:
                re.compile(node["pattern"])
            except re.error as e:
                self.fault("oas3-schema", where, "pattern: %s" % e)
        for name, sub in node.get("properties", {}).items():
            sub = self.resolve(sub)
            self.need("core/date-time", where + "." + name, sub.get("format")
                      not in ("date-time-local", "time"), "without a zone")
            self.need("nlgov:property-casing", where + "." + name,
                      CAMEL.match(name), "not lowerCamelCase")
            if DAY.search(name):
                self.need("nlgov:specify-format-for-date-and-time",
                          where + "." + name, sub.get("format") == "date",
                          "a date has the format date")
            self.schema(where + "." + name, sub)
        self.need("oas3-schema", where, set(node.get("required", []))
                  <= set(node.get("properties", {})), "required")

    def every_ref(self):
        """No component that nothing uses, none that does not exist."""
        used = set(re.findall(r'"\$ref": "#/components/([^"]+)"',
                              json.dumps(self.doc)))
        have = {"%s/%s" % (kind, name)
                for kind, parts in self.doc["components"].items()
                if kind != "securitySchemes" for name in parts}
        self.need("oas3-unused-component", "components", used == have,
                  " ".join(sorted(used ^ have)))


def header_version():
    """What the daemon writes in API-Version."""
    with open(os.path.join(HERE, "..", "..", "base", "version.h"),
              encoding="utf-8") as f:
        return re.search(r'OV_API_VERSION "([^"]+)"', f.read()).group(1)


def endpoints(doc):
    """{METHOD /full/path} of the document."""
    out = set()
    for path, item in doc["paths"].items():
        prefix = "" if "servers" in item else "/v1"
        out |= {m.upper() + " " + prefix + re.sub(r"\{[^}]+\}", "{}", path)
                for m in METHODS if m in item}
    return out


def served():
    """The endpoints that docs/protocol.md promises, and those the daemon's
    table names; they must be the same."""
    root = os.path.join(HERE, "..", "..")
    with open(os.path.join(root, "protocol", "route.c"),
              encoding="utf-8") as f:
        table = {m + " " + re.sub(r"\{[^}]+\}", "{}", p) for m, p in
                 re.findall(r'\{OV_R_\w+,\s*"(\w+)",\s*"([^"]+)"', f.read())}
    with open(os.path.join(root, "docs", "protocol.md"),
              encoding="utf-8") as f:
        text = {m + " " + re.sub(r"\{[^}]+\}", "{}", p) for m, p in
                re.findall(r"^\| `(GET|POST) (/[^`?]+)[^`]*` \|", f.read(),
                           re.M)}
    return table, text


def problem_codes():
    with open(os.path.join(HERE, "..", "..", "data", "fouten.txt"),
              encoding="utf-8") as f:
        return {(p[1], p[0]) for p in (line.split("|") for line in f)
                if len(p) == 4 and p[1].isdigit() and p[1] != "0"}


def documented_codes(doc, checker):
    out = set()
    for item in doc["paths"].values():
        for method in METHODS:
            for status, r in item.get(method, {}).get("responses", {}).items():
                text = checker.resolve(r).get("description", "")
                if status[0] in "45":
                    out |= {(status, c) for c in re.findall(r"`([a-z-]+)`",
                                                            text)}
    return out


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with open(argv[1], encoding="utf-8") as f:
        doc = json.load(f)
    checker = Checker(doc)
    faults = checker.run()
    table, text = served()
    if not table or endpoints(doc) != table:
        faults.append("core/publish-openapi: not what is served: " + " ".join(
            sorted(endpoints(doc) ^ table)))
    if text != table:
        faults.append("docs/protocol.md: not what is served: " + " ".join(
            sorted(text ^ table)))
    known, said = problem_codes(), documented_codes(doc, checker)
    missing = known ^ said
    if missing - {("405", "methode")}:  # of HTTP, on paths of other methods
        faults.append("core/error-handling: codes and statuses differ: "
                      + " ".join(sorted(s + " " + c for s, c in missing)))
    for fault in faults:
        print(fault)
    print("openapi: %d endpoints, %d faults" % (len(endpoints(doc)),
                                                len(faults)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
