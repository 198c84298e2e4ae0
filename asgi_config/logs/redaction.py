"""Takes out of a log line what no log may hold: passwords, tokens, cookies, mail addresses. Pure.

No line here is written with such a thing. This is for the lines of others, as the text of a database's error, which
quotes the row. A worker's name, celery@HOST, looks like a mail address and stays. No rule takes a time that grows
faster than the line: visitors write addresses of 16 KB.
"""

import re

VALUE = r"(?!TokenLookup \[|\[token\])(?:basic\s+)?('[^']*'|\"[^\"]*\"|[^\s&,;)}\]]+)"
NAMES = r"authorization|cookie|password\d?|secret_?key|sessionid|token"  # also where a longer name ends so
RULES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*@"), "[hidden]@"),
    (re.compile(r"\barr_[\w-]{20,}"), "[token]"),
    (re.compile(r"(?i)\bbearer\s+[\w.~+/-]{8,}=*"), "Bearer [token]"),
    (re.compile(rf"(?i)({NAMES})(['\"]?\s*[=:]\s*){VALUE}"), r"\1\2[hidden]"),
    (re.compile(r"\b(?:pbkdf2_sha256|argon2\w*|scrypt|bcrypt\w*)\$\S+"), "[hash]"),
    (re.compile(r"(?<![\w.+-])(?!celery@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[mail]"),
]


def redacted(text: str) -> str:
    for pattern, instead in RULES:
        text = pattern.sub(instead, text)
    return text
