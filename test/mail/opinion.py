#!/usr/bin/env python3
"""opinion.py PROGRAM - what Python's email package reads in the messages here
must be what PROGRAM, test/unit/mime_test, shows.

Python's opinion counts in everything but what is listed below, with the reason.
It is brought to the same form: no control characters, one empty line between
texts, names of files without directories.  HTML is not compared.
"""
import email, email.policy, glob, os, re, subprocess, sys

DIFFER = {
    '02-cron': 'a comment as a name',
    '15-from-encoded': 'a comment as a name',
    '17-qp-utf8': 'white space at the end of a line',
    '28-charset-unknown': 'Python knows this one',
    '29-undeclared-8bit': 'taken as windows-1252 instead of nothing',
    '30-html-only': 'HTML',
    '32-alternative-html': 'HTML',
    '40-name-hostile': 'file names',
    '41-name-long': 'file names',
    '44-boundary-none': 'Python has it as a file',
    '45-boundary-never': 'Python has it as a file',
    '49-report': 'a comment as a name; the report is written anew',
    '54-encoding-strange': 'kept as it is',
    '55-control': 'undeclared UTF-8',
    '56-comments': 'Python takes a comment in a parameter as its name',
}

def clean(text, lines):
    keep = '\n\t' if lines else ''
    text = re.sub('[\x80-\x9f]', '\ufffd', text)
    return ''.join(c for c in text if c in keep or (c >= ' ' and c != '\x7f'))

def field(text):
    return re.sub('[\x00-\x20\x7f]+', ' ', text).strip()

def texts_and_files(message):
    texts, files = [], []
    def take(part, show):
        kind = part.get_content_type()
        if kind == 'multipart/alternative':
            children = list(part.iter_parts())
            plain = [c for c in children if any(
                p.get_content_type() == 'text/plain' for p in c.walk())]
            chosen = (plain or children)[0]
            for child in children:
                take(child, show and child is chosen)
        elif part.is_multipart() and kind.startswith('multipart/'):
            for child in part.iter_parts():
                take(child, show)
        elif kind in ('text/plain', 'text/html') and not part.get_filename() \
                and part.get_content_disposition() != 'attachment':
            if show:
                texts.append(part.get_content())
        else:
            if kind.startswith('message/'):
                data = b''.join(p.as_bytes() for p in part.get_payload())
            else:
                data = part.get_payload(decode=True)
            files.append((field(part.get_filename() or ''), len(data)))
    take(message, True)
    texts = [clean(t, True).rstrip(' \t\n') for t in texts]
    text = '\n\n'.join(texts)
    return text + '\n' if text else '', files

def opinion(path):
    with open(path, 'rb') as f:
        message = email.message_from_binary_file(f, policy=email.policy.default)
    said = []
    for name in ('From', 'To'):
        for a in (message[name].addresses if message[name] else ()):
            said.append('%s: [%s] <%s>' % (name, a.display_name, a.addr_spec))
    if message['Subject'] is not None:
        said.append('Subject: ' + field(message['Subject']))
    text, files = texts_and_files(message)
    return said, text, files

def shown(program, path):
    out = subprocess.run([program, path], capture_output=True).stdout
    at = re.search(rb'^Text: (\d+)\n', out, re.M)
    end = at.end() + int(at.group(1))
    said = out[:at.start()].decode().splitlines()
    files = [re.match(r'File: (.*) (\d+) \w+$', line).groups()
             for line in out[end:].decode().splitlines()]
    files = [('' if re.match(r'part-\d+', n) else n, int(size))
             for n, size in files]
    # A subject's spaces are compared as one.
    said = [re.sub(' +', ' ', line) for line in said]
    return said, out[at.end():end].decode(), files

def sample(program):
    """A letter that the program wrote, as Python reads it."""
    out = subprocess.run([program, '--sample'], capture_output=True).stdout
    m = email.message_from_bytes(out, policy=email.policy.default)
    parts = list(m.iter_attachments())
    return (m['From'].addresses[0].display_name == 'Zoë, on a relay' and
            m['To'].addresses[0].display_name == 'Bob "B" Jones' and
            m['Subject'] == '日本語: a subject that is so long that it takes '
            'several encoded words, with ü and € in it' and
            m.get_body().get_content() == 'Grüße\n.\nFrom here, a line that is '
            'much too long for the seventy-six characters of a line\n' and
            [p.get_filename() for p in parts] == ['Übersicht.txt'] and
            parts[0].get_payload(decode=True) == b'1\n2\n' and
            not m.defects and not parts[0].defects)

program = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
passed = failed = 0
for path in sorted(glob.glob(here + '/*.eml')):
    name = os.path.basename(path)[:-4]
    ours = shown(program, path)
    try:
        theirs = opinion(path)
    except Exception as error:
        theirs = error
    if (ours == theirs) == (name not in DIFFER):
        passed += 1
    else:
        failed += 1
        print('%s: we read\n%r\nand Python\n%r' % (name, ours, theirs))
if sample(program):
    passed += 1
else:
    failed += 1
    print('a letter that we wrote is read otherwise')
print('opinion: %d passed, %d failed' % (passed, failed))
sys.exit(failed > 0)
