"""http_client: the native verbs over HTTP, as email2.md "Over HTTP" tables them, with Basic authentication."""
import base64
import http.client
import urllib.parse
import xml.etree.ElementTree as ET

NS = "urn:email2:1"
Q = "{%s}" % NS
ET.register_namespace("", NS)


class HttpAnswer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def xml(self):
        return ET.fromstring(self.body)

    @property
    def error(self):
        """The code attribute of an <error>, or None."""
        try:
            return self.xml.get("code") if self.xml.tag == Q + "error" else None
        except ET.ParseError:
            return None

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


class Http:
    """One user's view; a connection per request, so that nothing depends on an old one."""

    def __init__(self, address, user=None, password=None):
        self.address, self.user = address, user
        self.basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else None

    def request(self, verb, path, body=None, headers=None, timeout=70):
        link = http.client.HTTPConnection(*self.address, timeout=timeout)
        sent = dict(headers or {})
        if self.basic:
            sent.setdefault("Authorization", self.basic)
        if isinstance(body, ET.Element):
            body = ET.tostring(body, encoding="utf-8", xml_declaration=True)
        if body is not None:
            sent.setdefault("Content-Type", "application/xml")
        try:
            link.request(verb, path, body, sent)
            got = link.getresponse()
            return HttpAnswer(got.status, got.headers, got.read())
        finally:
            link.close()

    @staticmethod
    def path(name, more=""):
        return "/v1/messages/" + urllib.parse.quote(name, safe="") + more

    # --- the verbs
    def publish(self, document, key=None):
        return self.request("POST", "/v1/messages", document, {"Idempotency-Key": key} if key else None)

    def get(self, name, revision=None):
        return self.request("GET", self.path(name, f"?revision={revision}" if revision else ""))

    def history(self, name):
        return self.request("GET", self.path(name, "/revisions"))

    def edit(self, name, revision, document, query=""):
        return self.request("PUT", self.path(name, query), document, {"If-Match": f'"{revision}"'})

    def change_list(self, name, *changes, query=""):
        """changes: ("add", {"address": ..., "role": ...}), ("remove", {...}), ("detach", {}), ("inherit", {})"""
        made = ET.Element(Q + "change")
        for kind, attributes in changes:
            ET.SubElement(made, Q + kind, attributes)
        return self.request("POST", self.path(name, "/to" + query), made)

    def leave(self, name, thread=False):
        return self.request("DELETE", self.path(name, "/to/me" + ("?thread=1" if thread else "")))

    def rejoin(self, name, thread=False):
        return self.request("PUT", self.path(name, "/to/me" + ("?thread=1" if thread else "")))

    def withdraw(self, name, query=""):
        return self.request("DELETE", self.path(name, query))

    def undelete(self, name):
        return self.request("POST", self.path(name, "/undelete"))

    def store(self, **query):
        return self.request("GET", "/v1/store?" + urllib.parse.urlencode(query))

    def events(self, after, timeout=70):
        return self.request("GET", f"/v1/events?after={after}", timeout=timeout)

    # --- what the answers say
    def references(self, **query):
        """[(message name, subject)] of a store listing."""
        got = self.store(**query)
        if got.status != 200:
            raise AssertionError(f"GET /v1/store: {got}")
        return [(e.get("message"), e.findtext(Q + "subject") or "") for e in got.xml.iter(Q + "reference")]

    def named(self, subject, **query):
        """Names of the messages with exactly this subject, each once."""
        return sorted({name for name, has in self.references(**query) if has == subject})

    def message(self, name):
        got = self.get(name)
        if got.status != 200:
            raise AssertionError(f"GET {name}: {got}")
        return MessageView(got)

    def rewrite(self, name, change, query=""):
        """Reads the message, lets `change` turn its first text/plain into a new text, and puts it back."""
        view = self.message(name)
        part = next(p for p in view.xml.iter(Q + "part") if p.get("type") == "text/plain")
        part.text = change(part.text or "")
        return self.edit(name, view.revision, view.xml, query)


class MessageView:
    """A <message> as one person sees it."""

    def __init__(self, answer):
        self.xml = answer.xml
        self.etag = answer.headers.get("ETag")
        self.revision = int(self.xml.get("revision", "0"))
        self.thread = self.xml.get("thread")
        self.subject = self.xml.findtext(Q + "subject")

    @property
    def text(self):
        return "".join(p.text or "" for p in self.xml.iter(Q + "part") if p.get("type") == "text/plain")

    def parents(self):
        return [p.get("ref") for p in self.xml.iter(Q + "parent")]

    def entry(self, address):
        return next((e for e in self.xml.iter(Q + "entry") if e.get("address") == address), None)

    def membership(self, address):
        entry = self.entry(address)
        return None if entry is None else entry.get("membership", "in")

    def delivery(self, address):
        """(state, failure status or None) of the message to this address."""
        entry = self.entry(address)
        found = None if entry is None else entry.find(Q + "delivery")
        if found is None:
            return None, None
        failure = found.find(Q + "failure")
        return found.get("state"), None if failure is None else failure.get("status")


def document(subject, text, to=(), parents=(), inherit=False):
    """A <message> to publish: to as (address, role) pairs."""
    made = ET.Element(Q + "message")
    for parent in parents:
        ET.SubElement(made, Q + "parent", {"ref": parent})
    people = ET.SubElement(made, Q + "to", {"inherit": "true"} if inherit else {})
    for address, role in to:
        ET.SubElement(people, Q + "entry", {"address": address, "role": role})
    ET.SubElement(made, Q + "subject").text = subject
    ET.SubElement(ET.SubElement(made, Q + "body"), Q + "part", {"type": "text/plain"}).text = text
    return made
