"""Runs a command in a pseudo-terminal: terminal.py COLUMNS[,COLUMNS] COMMAND... prints what standard error showed.

With two numbers the terminal gets the other size once it has shown three lines. Standard output is thrown away.
"""
import fcntl, os, pty, signal, struct, sys, termios

sizes = [int(size) for size in sys.argv[1].split(",")]


def resize(columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


terminal, slave = pty.openpty()
resize(sizes[0])
process = os.fork()
if process == 0:
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDWR)
    for number, target in ((nothing, 0), (nothing, 1), (slave, 2)):
        os.dup2(number, target)
    os.execvp(sys.argv[2], sys.argv[2:])
os.close(slave)
shown = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if len(sizes) > 1 and shown.count(b"\r") > 3:
        resize(sizes.pop())
        shown += b"<resized>"
_, status = os.waitpid(process, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
