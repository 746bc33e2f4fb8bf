"""defects: prints what Python's email package finds wrong with the mails named as arguments; silent when nothing."""
import sys
from email import message_from_bytes, policy


def look(path, part):
    for defect in part.defects:
        print(f"{path}: {part.get_content_type()}: {defect!r}")
    for name, value in part.items():
        for defect in getattr(value, "defects", ()):
            print(f"{path}: {name}: {value!r}: {defect!r}")
    if part.is_multipart():
        for inner in part.get_payload():
            look(path, inner)
    else:
        part.get_payload(decode=True)
        for defect in part.defects:
            print(f"{path}: {part.get_content_type()}: {defect!r}")


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    if b"\n" in data.replace(b"\r\n", b""):
        print(f"{path}: bare LF")
    if max(map(len, data.split(b"\r\n"))) > 998:
        print(f"{path}: line beyond 998 octets")
    look(path, message_from_bytes(data, policy=policy.default))
