"""terminal.py MNM TMTP - questions, progress, a conversation and the completion
of bash and zsh, each in a terminal of its own."""
import fcntl, os, pty, re, select, shutil, signal, socket, struct
import subprocess, sys, tempfile, termios, time

mnm, tmtp = (os.path.realpath(path) for path in sys.argv[1:3])
top = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
work = tempfile.mkdtemp(prefix='mnm-terminal-')
passed = failed = 0


def check(what, good, text=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print('terminal: %s: %r' % (what, text))


class Terminal:
    """A program in a terminal.  text is what it has shown."""

    def __init__(self, *argv):
        self.text = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 50, 200, 0, 0))

    def wait(self, pattern, seconds=20):
        """Until it has shown this; '$.': until it ends.  Whether it has."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text) and time.monotonic() < end:
            try:
                if select.select([self.fd], [], [], 0.1)[0]:
                    got = os.read(self.fd, 65536)
                    self.text += got.decode('utf-8', 'replace')
            except OSError:     # it has ended
                break
        return re.search(pattern, self.text) is not None

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Its exit status; -9 if it does not end."""
        self.wait('$.')
        for _ in range(100):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.05)
        else:
            os.kill(self.pid, signal.SIGKILL)
            status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def run(*words):
    return subprocess.run([tmtp, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)


def start_relay():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    path = os.path.join(work, 'mnm.config')
    with open(path, 'w') as f:
        f.write('{"listen":{"laddr":"127.0.0.1:%d"},"ntp":{"hosts":[]}}' %
                port)
    with open(os.path.join(work, 'log'), 'w') as log:
        relay = subprocess.Popen([mnm, '-c', path], stdout=log, stderr=log)
    for _ in range(200):
        with open(log.name) as f:
            text = f.read()
        if re.search('^data directory', text, re.M):
            break
        time.sleep(0.05)
    return relay, '=127.0.0.1:%d' % port, re.search(
        '(?:[0-9A-F]{2}:){31}[0-9A-F]{2}', text).group()


# ---- tmtp ----

def test_join(address, fingerprint):
    t = Terminal(tmtp, '-a', 'a', 'join', address, 'Ann Bee')
    check('it asks', t.wait(r'\[y/N\]'), t.text)
    check('about this fingerprint', fingerprint in t.text, t.text)
    t.type('n\n')
    check('no', t.end() == 77, t.text)
    t = Terminal(tmtp, '-a', 'a', 'join', address, 'Ann Bee')
    t.wait(r'\[y/N\]')
    t.type('y\n')
    check('yes', t.end() == 0 and 'joined' in t.text, t.text)
    for who in 'Bob', "D'Arcy":
        r = run('-a', who, 'join', address, '-F', fingerprint, who)
        check('join', r.returncode == 0, r.stderr)
        run('-a', 'a', 'post', who, 'hello')
        run('-a', who, 'read')
        run('-a', who, 'post', 'Ann Bee', 'hello')
    run('-a', 'a', 'read')


def test_progress():
    photo = os.path.join(work, 'photo')
    with open(photo, 'wb') as f:
        f.write(os.urandom(3000000))
    r = run('-a', 'a', 'post', '-f', photo, 'Bob', 'quietly')
    check('no progress elsewhere', r.returncode == 0 and not r.stderr,
          r.stderr)
    t = Terminal(tmtp, '-a', 'Bob', 'read')
    check('a large message', t.end() == 0 and 'quietly' in t.text, t.text)
    check('progress of it', '% of 3.0 MB' in t.text, t.text)
    t = Terminal(tmtp, '-a', 'a', 'post', '-f', photo, 'Bob', 'loudly')
    check('a large file', t.end() == 0, t.text)
    check('progress of that', '% of 3.0 MB' in t.text, t.text)
    check('to its end', '\r100 %' in t.text, t.text)
    with open(photo, 'wb') as f:
        f.write(os.urandom(900000))
    t = Terminal(tmtp, '-a', 'a', 'post', '-f', photo, 'Bob', 'small')
    check('a small file has none', t.end() == 0 and '%' not in t.text, t.text)
    run('-a', 'Bob', 'read')


def test_talk():
    a = Terminal(tmtp, '-a', 'a', 'talk', 'Bob')
    b = Terminal(tmtp, '-a', 'Bob', 'talk', 'Ann Bee')
    check('they see each other', a.wait('Bob is online') and
          b.wait('Ann Bee is online'), a.text + b.text)
    a.type('Hello Bob\n')
    check('a line', b.wait('Ann Bee: Hello Bob\r\n'), b.text)
    b.type('Hello Ann\n')
    check('another', a.wait('Bob: Hello Ann\r\n'), a.text)
    b.type('\x04')
    check('Ctrl-D', b.end() == 0 and a.wait('Bob is offline'), a.text)
    a.type('\x04')
    check('both', a.end() == 0, a.text)


# ---- completion ----

# What is typed, and what it becomes; the last word may be one of several.
CASES = [
    ('tmtp wh', ['tmtp whoami']),
    ('tmtp -a B', ['tmtp -a Bob']),
    ('tmtp -a a talk B', ['tmtp -a a talk Bob']),
    ('tmtp -a Bob post A', ['tmtp -a Bob post Ann\\ Bee']),
    ('tmtp -a a contacts drop D', ["tmtp -a a contacts drop D\\'Arcy"]),
    ('tmtp read --mai', ['tmtp read --maildir']),
    ('tmtp post --subj', ['tmtp post --subject']),
    ('tmtp group mod', ['tmtp group moderator']),
    ('tmtp queue re', ['tmtp queue retry']),
    ('tmtp contacts acc', ['tmtp contacts accept']),
    ('tmtp alias dr', ['tmtp alias drop']),
    ('tmtp join --fing', ['tmtp join --fingerprint']),
    ('mnm uninv', ['mnm uninvite']),
    ('mnm fing', ['mnm fingerprint']),
    ('mnm user sh', ['mnm user show']),
]

BASH = r'''
source "$1/dist/completion/$2.bash"
read -ra COMP_WORDS <<<"$3"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_$2"
printf '%s\n' "${COMPREPLY[@]}"
'''


def test_bash():
    if shutil.which('bash') is None:
        print('terminal: no bash: its completion is not tested')
        return
    for typed, wanted in CASES:
        r = subprocess.run(['bash', '-c', BASH, '-', top, typed.split()[0],
                            typed], capture_output=True, text=True)
        before = typed.rsplit(' ', 1)[0]
        got = [before + ' ' + word for word in r.stdout.splitlines()]
        check('bash: ' + typed, got == wanted, (got, r.stderr))


def test_zsh():
    if shutil.which('zsh') is None:
        print('terminal: no zsh: its completion is not tested')
        return
    t = Terminal('env', 'TERM=xterm', 'PS1=ready%% ', 'zsh', '-f', '-i')
    t.wait('ready')
    t.type("fpath=('%s/dist/completion' $fpath); autoload -Uz compinit; "
           "compinit -u -D; unsetopt beep\n"
           "show() { zle -I; print -r -- \"<<$BUFFER>>\"; BUFFER= }; "
           "zle -N show; bindkey '^P' show; echo can'go'\n" % top)
    check('zsh', t.wait('cango'), t.text)
    for typed, wanted in CASES:
        t.text = ''
        t.type(typed + '\t\x10')
        t.wait('<<.*>>')
        got = re.search('<<(.*?) *>>', t.text)
        check('zsh: ' + typed, got and [got.group(1)] == wanted, t.text)
    t.type('exit\n')
    t.end()


os.environ['XDG_CONFIG_HOME'] = os.path.join(work, 'config')
os.environ['PATH'] = work + '/bin:' + os.environ['PATH']
os.environ.pop('TMTP_ACCOUNT', None)
os.mkdir(work + '/bin')
os.symlink(mnm, work + '/bin/mnm')
os.symlink(tmtp, work + '/bin/tmtp')
relay, address, fingerprint = start_relay()
try:
    test_join(address, fingerprint)
    test_progress()
    test_talk()
    test_bash()
    test_zsh()
finally:
    relay.kill()
    relay.wait()
    shutil.rmtree(work)
print('terminal: %d passed, %d failed' % (passed, failed))
sys.exit(failed != 0)
