"""server - a private Dovecot on loopback, in 2.3 or 2.4 configuration syntax.

Each server has its own folder with everything it reads and writes, its own
ports, and is the child of the test run: `dovecot -F`, ended by its pid.
"""

import contextlib
import imaplib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from . import hosts, pop3, tls

LOCALHOST = "127.0.0.1"

# What a log may not hold unless it was announced.
TROUBLE = re.compile(
    r"\b(Panic|Fatal|Error):|assertion failed|Raw backtrace|"
    r"AddressSanitizer|LeakSanitizer|runtime error:|==\d+== ")

_SUPPRESSIONS = (pathlib.Path(__file__).parents[3] / "build-aux" /
                 "valgrind.supp")

# Lines that load one of our modules into the auth process.
_OUR_DATABASE = re.compile(
    r"(?m)^\s*(driver *= *|(passdb|userdb) +)pop3[-_]ext")

# Offsets from the server's first port.
PORTS = {"pop3": 0, "pop3s": 1, "imap": 2, "lmtp": 3, "submission": 4}
KPOP_PORT = 9
PORTS_EACH = 10

# Most tests send, over connections without TLS.
XMIT_SETTINGS = {"pop3_ext_xmit": "yes", "pop3_ext_xmit_require_tls": "no"}


class User:
    """One line of the user table.  fields: userdb fields (strings), such
    as {"pop3_ext_xmit": "no"}."""

    def __init__(self, name, password=None, fields=None):
        self.name = name
        self.password = password or "pw-" + name
        self.fields = dict(fields or {})
        self.passdb_fields = {}
        self.home = None            # as the host sees it, set by the server


def _value(value):
    """A setting's value as text."""
    if value is True:
        return "yes"
    if value is False:
        return "no"
    text = str(value)
    if text != text.strip() or "#" in text or text == "":
        text = '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
    return text


def _lines(settings, indent=""):
    """Settings of a dict, nested dicts as sections; None: an empty list."""
    out = []
    for name, value in settings.items():
        if value is None:
            out.append("%s%s =" % (indent, name))
        elif isinstance(value, dict):
            out.append("%s%s {" % (indent, name))
            out += _lines(value, indent + "  ")
            out.append(indent + "}")
        else:
            out.append("%s%s = %s" % (indent, name, _value(value)))
    return out


class Server:
    """One Dovecot.

    host           a hosts.Host
    port           first of PORTS_EACH ports: pop3, pop3s, imap, lmtp,
                   submission in this order (see .ports)
    users          list of User or names; default alice, bob, carol
    plugin         list of mail plugins of the pop3 process; [] = stock
    plugin_settings  the plugin's settings by name: plugin { } on 2.3,
                   top level on 2.4.  Only written when plugin is not empty.
                   Beside them stand XMIT_SETTINGS; None for one of these
                   leaves it out.
    protocols      of pop3, imap, lmtp, submission
    driver         maildir, mdbox, sdbox or mbox
    lock_session   pop3_lock_session
    auth           auth_mechanisms
    client_limit, service_count, process_limit   of the pop3 service
    settings       further top-level settings (nested dicts are sections),
                   the same in both versions; settings_23, settings_24 for one
    pop3_settings  further lines of protocol pop3 { }
    domain         of the users' addresses
    sendmail       path as the host sees it; default: a program that fails
    submission_host  the host's relay setting (2.3: given to the plugin as the
                   shipped configuration does, not needed for stock servers)
    rawlog         True: raw traffic in .folder/rawlog/USER
    wrap           under what the pop3 process runs: "asan" (needs modules
                   built with --enable-sanitizers), "valgrind", "callgrind"
                   (leaves .folder/callgrind/PID), "" = nothing;
                   None: as the host says
    clock          how many times faster time passes in the pop3 process
                   (by libfaketime), for what takes minutes; or a text such as
                   "-31d", how far its clock is wrong
    kpop           a kdc.Kdc: there is a listener .ports["kpop"], with the
                   key of pop/localhost
    kpop_settings  settings by name: environment on 2.3, top level on 2.4
    pam_service    settings of the service pop3-ext-pam by name; its
                   "executable" are the PAM services that may be asked, and
                   "program" the program if it is another one
    mounts         {path in the host: name in the folder}: what the server
                   sees there instead of the host's own
    before         text at the start of the configuration, for databases that
                   are asked before the table of users
    extra          text at the end of the configuration
    folder         work folder; default a new one, removed by stop()
    """

    def __init__(self, host, port, users=None, plugin=("pop3_ext",),
                 plugin_settings=None, protocols=("pop3", "imap"),
                 driver="maildir", lock_session=False,
                 auth="plain login apop", client_limit=None,
                 service_count=None, process_limit=None, settings=None,
                 settings_23=None, settings_24=None, pop3_settings=None,
                 domain="example.test", sendmail=None, submission_host=None,
                 rawlog=False, wrap=None, clock=None, kpop=None,
                 kpop_settings=None, pam_service=None, mounts=None,
                 before="", extra="", folder=None, certificate=None):
        self.host = host
        self.users = [user if isinstance(user, User) else User(user)
                      for user in (users or ("alice", "bob", "carol"))]
        self.plugin = list(plugin)
        self.plugin_settings = {
            name: value for name, value in
            {**XMIT_SETTINGS, **(plugin_settings or {})}.items()
            if value is not None}
        self.protocols = list(protocols)
        self.driver = driver
        self.domain = domain
        self.rawlog = rawlog
        self.wrap = host.wrap if wrap is None else wrap
        self.clock = clock
        self.mounts = dict(mounts or {})
        self.ports = {name: port + offset for name, offset in PORTS.items()
                      if name.rstrip("s") in self.protocols}
        self.kpop = kpop
        if kpop is not None:
            self.ports["kpop"] = port + KPOP_PORT
            auth += " kpop"
        self._options = {
            "lock_session": lock_session, "auth": auth,
            "settings": settings, "settings_23": settings_23,
            "settings_24": settings_24, "pop3_settings": pop3_settings,
            "sendmail": sendmail, "submission_host": submission_host,
            "before": before, "extra": extra,
            "kpop_settings": dict(kpop_settings or {}),
            "pam_service": pam_service,
            "pop3_service": {"client_limit": client_limit,
                             "service_count": service_count,
                             "process_limit": process_limit}}
        self._own_folder = folder is None
        self.folder = (pathlib.Path(folder) if folder is not None
                       else host.mkdtemp("d"))
        self.log_path = self.folder / "log"
        self.config_path = self.folder / "dovecot.conf"
        self._certificate = certificate
        self._process = None
        self._announced = []
        self._terminated = set()
        self.checked = 0           # offset of the log up to which it is read
        self._setup()

    # The folder.

    def _inside(self, name):
        return self.host.inside(self.folder / name)

    def _check_namespace(self):
        """Fail at once where this server could not do its work."""
        if self.mounts and not hosts.can_unshare():
            raise hosts.NoNamespace("a mount of this server")
        # Modules of ours that are no mail plugins.
        if self.kpop is not None:
            self.host.need_modules("KPOP")
        if self.host.is_24 and self.plugin:
            self.host.need_modules("the module of our settings")

    def _setup(self):
        self._check_namespace()
        for name in ("run", "state", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        if self.rawlog:
            (self.folder / "rawlog").mkdir(exist_ok=True)
            os.chown(self.folder / "rawlog", hosts.MAIL_UID, hosts.MAIL_GID)
        os.chown(self.folder / "home", hosts.MAIL_UID, hosts.MAIL_GID)
        for user in self.users:
            home = self.folder / "home" / user.name
            home.mkdir(exist_ok=True)
            os.chown(home, hosts.MAIL_UID, hosts.MAIL_GID)
            user.home = self.host.inside(home)
        if self._certificate is None:
            self._certificate = tls.Authority(self.folder / "tls").issue()
        else:
            (self.folder / "tls").mkdir(exist_ok=True)
            for path in (self._certificate.cert, self._certificate.key):
                shutil.copy2(path, self.folder / "tls" / path.name)
        if self.kpop is not None:
            self._setup_kpop()
        self._sendmail = self._options["sendmail"]
        if self._sendmail is None:
            script = self.write_script(
                "no-sendmail", 'echo "no sendmail_path in this test" >&2\n'
                'exit 75\n')
            self._sendmail = self.host.inside(script)
        self.write_users()
        self.write_config()

    def _setup_kpop(self):
        """What the auth process needs of Kerberos."""
        shutil.copy(self.kpop.config, self.folder / "krb5.conf")
        keytab = self.folder / "krb5.keytab"
        self.kpop.keytab(keytab, ["pop/localhost"])
        keytab.chmod(0o644)
        (self.folder / "rcache").mkdir(exist_ok=True)
        (self.folder / "rcache").chmod(0o1777)

    def _environment(self):
        """What processes get beside the host's default."""
        env = {}
        if self.kpop is not None:
            env["KRB5_CONFIG"] = self._inside("krb5.conf")
            env["KRB5RCACHEDIR"] = self._inside("rcache")
            if not self.host.is_24:
                env.update({name.upper(): _value(value) for name, value in
                            self._options["kpop_settings"].items()})
        return env

    def write_script(self, name, body):
        """A shell script in the folder; returns its path (outside)."""
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + body, encoding="utf-8")
        path.chmod(0o755)
        return path

    def user(self, name):
        """The User of that name."""
        return next(user for user in self.users if user.name == name)

    def write_users(self):
        """Write the user table from .users; a running server sees it, but
        not in the second in which it has looked at the table before."""
        lines = []
        for user in self.users:
            fields = ["userdb_%s=%s" % (name, self._field(value))
                      for name, value in user.fields.items()]
            fields += ["%s=%s" % item for item in user.passdb_fields.items()]
            lines.append(":".join([user.name, "{PLAIN}" + user.password,
                                   str(hosts.MAIL_UID), str(hosts.MAIL_GID),
                                   "", user.home, "", " ".join(fields)]))
        path = self.folder / "users"
        fresh = self.folder / "users.new"
        fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(path)

    @staticmethod
    def _field(value):
        # The table is split at blanks before variables are expanded.
        text = _value(value) if isinstance(value, bool) else str(value)
        return text.replace("%", "%%").replace(" ", "%{env:POP3EXT_BLANK}")

    def _maildir_location(self):
        return {"maildir": "~/Maildir", "mdbox": "~/mdbox",
                "sdbox": "~/sdbox", "mbox": "~/mail"}[self.driver]

    # The configuration.

    def write_config(self):
        """Write dovecot.conf."""
        conf = self._common_config()
        conf.update(self._config_24() if self.host.is_24
                    else self._config_23())
        conf.update(self._own_settings())
        text = self._options["before"] + "\n".join(_lines(conf)) + "\n"
        text += "\n".join(_lines(self._services())) + "\n"
        text += self._options["extra"]
        if self.host.is_24:
            # These two must come first.
            version = "%d.%d.%d" % min(self.host.version, (2, 4, 1))
            text = ("dovecot_config_version = %s\n"
                    "dovecot_storage_version = %s\n") % (version, version) + text
        self.config_path.write_text(text, encoding="utf-8")

    def _own_settings(self):
        """What the test asked for, in the host's version."""
        version = "settings_24" if self.host.is_24 else "settings_23"
        return {**(self._options["settings"] or {}),
                **(self._options[version] or {})}

    def _common_config(self):
        conf = {
            "base_dir": self._inside("run"),
            "state_dir": self._inside("state"),
            "log_path": self.host.inside(self.log_path),
            "protocols": " ".join(self.protocols),
            "listen": LOCALHOST,
            "ssl": "yes",
            "auth_mechanisms": self._options["auth"],
            "auth_failure_delay": "0",
            "mail_uid": hosts.MAIL_UID,
            "mail_gid": hosts.MAIL_GID,
            "first_valid_uid": 1,
            "mail_max_userip_connections": 1000,
            # Nobody pulls the plug in the tests.
            "mail_fsync": "never",
            "hostname": "mx." + self.domain,
            "sendmail_path": self._sendmail,
            "pop3_lock_session": bool(self._options["lock_session"]),
        }
        if self.host.plugin_dir is not None:
            conf["mail_plugin_dir"] = self.host.plugin_dir
        if self.rawlog:
            conf["rawlog_dir"] = self._inside("rawlog")
        if self.clock:
            # A process whose seconds are short gives up waiting for the
            # stats process when the machine is busy.
            conf["stats_writer_socket_path"] = ""
        if self._options["submission_host"] is not None:
            conf["submission_host"] = self._options["submission_host"]
        if self.kpop is not None:
            conf["auth_krb5_keytab"] = self._inside("krb5.keytab")
        return conf

    def _config_23(self):
        users = self._inside("users")
        location = "%s:%s" % (self.driver, self._maildir_location())
        if self.driver == "mbox":
            location += ":INBOX=~/inbox"
        only_names = not any("@" in user.name for user in self.users)
        conf = {
            "disable_plaintext_auth": "no",
            "ssl_cert": "<" + self._inside("tls/cert1.pem"),
            "ssl_key": "<" + self._inside("tls/cert1.key"),
            "mail_location": location,
            "auth_username_format": "%Ln" if only_names else "%Lu",
            "import_environment":
                " ".join(["TZ CORE_OUTOFMEM CORE_ERROR POP3EXT_BLANK"] +
                         ["%s=%s" % item
                          for item in self._environment().items()]),
            "passdb": {"driver": "passwd-file", "args": users},
            "userdb": {"driver": "passwd-file", "args": users},
        }
        if self.host.outside("/usr/share/dovecot/dh.pem").exists():
            conf["ssl_dh"] = "</usr/share/dovecot/dh.pem"
        pop3_protocol = {}
        if self.kpop is not None:
            pop3_protocol["login_plugins"] = "pop3_ext_kpop"
        if self.plugin:
            pop3_protocol["mail_plugins"] = " ".join(self.plugin)
            settings = dict(self.plugin_settings)
            if self._options["submission_host"] is not None:
                settings.setdefault("pop3_ext_xmit_relay",
                                    self._options["submission_host"])
            settings.setdefault("pop3_ext_xmit_sendmail", self._sendmail)
            settings.setdefault("pop3_ext_xmit_hostname",
                                "mx." + self.domain)
            settings.setdefault("pop3_ext_xmit_domain", self.domain)
            conf["plugin"] = settings
        pop3_protocol.update(self._options["pop3_settings"] or {})
        if pop3_protocol:
            conf["protocol pop3"] = pop3_protocol
        return conf

    def _config_24(self):
        users = self._inside("users")
        only_names = not any("@" in user.name for user in self.users)
        conf = {
            "auth_allow_cleartext": "yes",
            "ssl_server_cert_file": self._inside("tls/cert1.pem"),
            "ssl_server_key_file": self._inside("tls/cert1.key"),
            "mail_driver": self.driver,
            "mail_path": self._maildir_location(),
            # from 2.4.5 on, each message has a keyword of its own otherwise
            "mail_attachment_detection_options": None,
            "auth_username_format":
                "%{user | username | lower}" if only_names
                else "%{user | lower}",
            "import_environment": {"POP3EXT_BLANK": "%{env:POP3EXT_BLANK}",
                                   **self._environment()},
            "passdb passwd-file": {"passwd_file_path": users},
            "userdb passwd-file": {"passwd_file_path": users},
        }
        if self.driver == "mbox":
            conf["mail_inbox_path"] = "~/inbox"
        pop3_protocol = {}
        if self.kpop is not None:
            pop3_protocol["login_plugins"] = {"pop3_ext_kpop": "yes"}
            conf.update(self._options["kpop_settings"])
        if self.plugin:
            pop3_protocol["mail_plugins"] = {name: "yes"
                                             for name in self.plugin}
            conf.update(self.plugin_settings)
            if "pop3_ext_xmit_domain" not in conf:
                conf["pop3_ext_xmit_domain"] = self.domain
        pop3_protocol.update(self._options["pop3_settings"] or {})
        if pop3_protocol:
            conf["protocol pop3"] = pop3_protocol
        return conf

    def _services(self):
        count = ("restart_request_count" if self.host.is_24
                 else "service_count")
        pop3_service = {}
        for name, value in self._options["pop3_service"].items():
            if value is not None:
                name = count if name == "service_count" else name
                pop3_service[name] = value
        if self.wrap or self.clock:
            pop3_service["executable"] = self._wrapper()
            # Their shadow memory is larger than any message.
            pop3_service["vsz_limit"] = ("unlimited" if self.host.is_24
                                         else "0")
        services = {
            # Failed logins of one test must not slow down the next.
            "service anvil": {
                "unix_listener anvil-auth-penalty": {"mode": "00"}},
            "service stats": {"process_min_avail": 0},
        }
        if pop3_service:
            services["service pop3"] = pop3_service
        for name, second in (("pop3", "pop3s"), ("imap", "imaps"),
                             ("submission", "submissions")):
            if name in self.protocols:
                services["service %s-login" % name] = {
                    # One process for all connections: a program started
                    # for each takes longer than most sessions here.
                    count: "unlimited" if self.host.is_24 else 0,
                    "process_limit": 2,
                    "inet_listener " + name: {"port": self.ports[name]},
                    "inet_listener " + second: {
                        "port": self.ports.get(second, 0)}}
        if self.kpop is not None:
            services["service pop3-login"]["inet_listener kpop"] = {
                "port": self.ports["kpop"]}
            if "POP3EXT_COVERAGE" in os.environ:
                # Its counters lie outside of its usual root.
                services["service pop3-login"]["chroot"] = ""
        if self._options["pam_service"] is not None:
            services["service pop3-ext-pam"] = self._pam_service()
        if self.wrap == "asan":
            self._wrap_services(services)
        if "lmtp" in self.protocols:
            services["service lmtp"] = {
                "inet_listener lmtp": {"port": self.ports["lmtp"]}}
        return services

    def pam_program(self):
        """The path of pop3-ext-pam in the host."""
        folder = (self.host.modules + "/libexec"
                  if self.host.modules else self.host.programs)
        return folder + "/pop3-ext-pam"

    def _pam_service(self):
        """Our own service, run from where it was built."""
        settings = {"client_limit": 1, **self._options["pam_service"]}
        program = settings.pop("program", self.pam_program())
        if self.wrap == "asan":
            program = self._wrapper(program)
        settings["executable"] = ("%s %s" % (
            program, settings.get("executable", "dovecot-xmit"))).strip()
        settings["vsz_limit"] = "unlimited" if self.host.is_24 else "0"
        settings.setdefault("unix_listener pop3-ext-pam", {
            "user": hosts.MAIL_USER, "mode": "0600"})
        return settings

    def _wrap_services(self, services):
        """Under the sanitizers is what else has modules of ours."""
        names = {}
        if self.kpop is not None:
            names["pop3-login"] = self._wrapper("pop3-login")
        if self.kpop is not None or "pop3_ext_" in self._options["before"]:
            names["auth"] = self._wrapper("auth")
            names["auth-worker"] = names["auth"] + " -w"
        if "mail_plugins" in self._own_settings():
            names["imap"] = self._wrapper("imap")
        if not {"mail_plugins", "protocol doveadm"}.isdisjoint(
                self._own_settings()):
            names["doveadm"] = self._wrapper("doveadm-server")
        for name, command in names.items():
            services.setdefault("service " + name, {}).update({
                "executable": command,
                "vsz_limit": "unlimited" if self.host.is_24 else "0"})

    def _asan_variables(self):
        """NAME=VALUE for a program that loads our modules."""
        done = self.host.run(["gcc", "-print-file-name=libasan.so"])
        # The plugin's runtime has to be loaded before all others.  What
        # Dovecot itself keeps to its end is no leak of ours.
        return ["LD_PRELOAD=" + done.stdout.decode().strip(),
                "ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:"
                "detect_stack_use_after_return=1",
                "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"]

    def _wrapper(self, program="pop3"):
        """The script that a service runs instead of the program.
        What the tools find goes to the standard error output, which
        Dovecot logs as Error lines."""
        if self.wrap == "asan":
            lines = self._asan_variables()
            lines.append("export LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS")
            command = ""
        elif self.wrap == "valgrind":
            # Has Dovecot keep plugins loaded to the end, so that leaks are
            # shown with our functions' names.
            lines = ["GDB=1", "export GDB"]
            command = ("valgrind -q --vgdb=no --leak-check=full "
                       "--suppressions=%s " %
                       self._inside("valgrind.supp"))
            shutil.copy(_SUPPRESSIONS, self.folder / "valgrind.supp")
        elif self.wrap == "callgrind":
            # Written at the end, when the process is the mail user's.
            (self.folder / "callgrind").mkdir(exist_ok=True)
            lines = ["file=%s/$$" % self._inside("callgrind"),
                     ': > "$file"', 'chown %d "$file"' % hosts.MAIL_UID]
            command = ("valgrind -q --vgdb=no --tool=callgrind "
                       '--callgrind-out-file="$file" ')
        elif self.wrap:
            raise hosts.HostError("unknown wrapper %r" % self.wrap)
        else:
            lines, command = [], ""
        if self.clock and program == "pop3":
            lines += self._fast_clock()
        path = os.path.join(self.host.programs, program)
        script = self.write_script(os.path.basename(path) + "-wrapper",
                                   "%s\nexec %s%s \"$@\"\n"
                                   % ("\n".join(lines), command, path))
        return self.host.inside(script)

    def _fast_clock(self):
        """Lines of the wrapper that make time pass faster."""
        found = sorted(self.host.outside("/usr/lib").glob(
            "*/faketime/libfaketime.so.1"))
        if not found:
            raise hosts.HostError("libfaketime is not installed in %s" %
                                  self.host.prefix)
        # The times of files stay what they are: locks compare them.
        return ['LD_PRELOAD="${LD_PRELOAD:+$LD_PRELOAD:}%s"' %
                self.host.inside(found[0]),
                "FAKETIME='%s'" % (self.clock if isinstance(self.clock, str)
                                   else "+0 x%d" % self.clock),
                "NO_FAKE_STAT=1",
                "export LD_PRELOAD FAKETIME NO_FAKE_STAT"]

    # Running.

    def start(self, timeout=30):
        """Start and wait until it listens."""
        if self._process is not None:
            return self
        if _OUR_DATABASE.search(self.config_path.read_text(encoding="utf-8")):
            self.host.need_modules("a database of the auth process")
        env = dict(os.environ, POP3EXT_BLANK=" ", POP3EXT_MOUNTS=" ".join(
            "%s:%s" % (self._inside(name), path)
            for path, name in self.mounts.items()))
        mark = self.log_size()
        output = open(self.folder / "output", "ab")
        with output:
            self._process = self.host.popen(
                ["dovecot", "-F", "-c", self._inside("dovecot.conf")],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=env)
        deadline = time.monotonic() + timeout
        while " starting up" not in self.log(mark):
            if self._process.poll() is not None:
                self._process = None
                raise hosts.HostError(
                    "Dovecot did not start: " +
                    (self.folder / "output").read_text() + self.log(mark))
            if time.monotonic() > deadline:
                self.stop(check=False, keep=True)
                raise hosts.HostError("Dovecot did not start in %d s: %s" %
                                      (timeout, self.log(mark)))
            time.sleep(0.005)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        # A failed test is not hidden by what it caused in the log.
        self.stop(check=kind is None)

    @property
    def pid(self):
        """Of the master, None when it does not run."""
        return None if self._process is None else self._process.pid

    def processes(self, name):
        """The pids of its running processes of that name ("pop3")."""
        return [pid for pid, known in _children(self.pid).items()
                if known == name and _alive(pid)]

    def wait_ended(self, name, timeout=20):
        """Wait until no process of that name is left."""
        deadline = time.monotonic() + timeout
        while self.processes(name):
            if time.monotonic() > deadline:
                raise AssertionError("%s is still there" % name)
            time.sleep(0.005)

    def stop(self, check=True, keep=False, timeout=30):
        """Stop, check the log, and remove the folder if it is ours."""
        if self._process is not None:
            try:
                self._end_processes(timeout)
            finally:
                self._process = None
        try:
            if check:
                self.check_log()
        finally:
            if self._own_folder and not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _end_processes(self, timeout):
        """SIGTERM for the master, then wait until all of its processes are
        gone, the log's reader last, so that the log is complete."""
        master = self._process
        children = _children(master.pid)
        master.send_signal(signal.SIGTERM)
        # Sessions of POP3 would go on for half a minute without a master.
        for pid, name in children.items():
            if name == "pop3" and _alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                self._terminated.add(pid)
        deadline = time.monotonic() + timeout
        while master.poll() is None:
            children |= _children(master.pid)
            # The master of 2.3 sleeps a second for nothing when only the
            # log's reader is left. One that has just started may hold this.
            if not any(_alive(pid) for pid in children
                       if children[pid] != "log") and \
                    not (self.folder / "state" / "instances.lock").exists():
                master.kill()
                master.wait()
            elif time.monotonic() > deadline:
                break
            time.sleep(0.005)
        while any(_alive(pid) for pid in children):
            if time.monotonic() > deadline:
                left = {pid: name for pid, name in children.items()
                        if _alive(pid)}
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                if master.poll() is None:
                    master.kill()
                master.wait()
                raise hosts.HostError("these processes did not end in %d s: "
                                      "%s" % (timeout, left))
            time.sleep(0.005)
        # A master that had only just begun has left an empty one, which the
        # next one calls an error.
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)
        # A process that the master made last is in no list, and holds its
        # sockets; the next master would not start.
        while any(_is_listening(path)
                  for path in (self.folder / "run").iterdir()):
            if time.monotonic() > deadline:
                raise hosts.HostError("sockets are open after %d s" % timeout)
            time.sleep(0.005)

    def restart(self):
        """Stop and start on the same folder, with a new configuration."""
        self.stop(check=False, keep=True)
        self.check_log(end=False)
        self.write_users()
        self.write_config()
        return self.start()

    # The log.

    def log_size(self):
        """For log(mark): what is written later than now."""
        try:
            return self.log_path.stat().st_size
        except FileNotFoundError:
            return 0

    def log(self, mark=0):
        """The log's text from the byte offset mark on."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(mark)
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def wait_log(self, regex, mark=0, timeout=20):
        """Wait until a line of the log matches; returns the match."""
        pattern = re.compile(regex, re.MULTILINE)
        deadline = time.monotonic() + timeout
        while True:
            match = pattern.search(self.log(mark))
            if match is not None:
                return match
            if time.monotonic() > deadline:
                raise AssertionError("no log line matches %r; log:\n%s" %
                                     (regex, self.log(mark)))
            time.sleep(0.005)

    def wait_count(self, regex, count, mark=0, timeout=20):
        """Wait until the log has that many matches."""
        pattern = re.compile(regex, re.MULTILINE)
        deadline = time.monotonic() + timeout
        while len(pattern.findall(self.log(mark))) < count:
            if time.monotonic() > deadline:
                raise AssertionError("not %d log lines match %r; log:\n%s" %
                                     (count, regex, self.log(mark)))
            time.sleep(0.005)

    def expect_log(self, regex):
        """Announce trouble: matching lines are no failure, but one has to
        be there when the test ends."""
        self._announced.append([re.compile(regex), 0])

    def allow_log(self, regex):
        """As expect_log(), but it need not come."""
        self._announced.append([re.compile(regex), 1])

    def _ended_early(self, line):
        """Is it about a process that stop() ended before it had got as far
        as to take a SIGTERM for the wish to end?"""
        match = re.search(r"child (\d+) killed with signal 15$", line)
        return match is not None and int(match.group(1)) in self._terminated

    def check_log(self, end=True, timeout=20):
        """Fail on trouble in the log that was not announced; looks only at
        what is new since the last check.  end: fail on announced trouble
        that did not come, too, and forget the announcements."""
        if end and self._process is not None:
            # The log's reader may lag behind.
            for pattern, hits in self._announced:
                if not hits:
                    with contextlib.suppress(AssertionError):
                        self.wait_log(pattern.pattern, self.checked, timeout)
        size = self.log_size() - self.checked
        text = self.log(self.checked)
        self.checked += size
        bad = []
        for line in text.splitlines():
            hits = [item for item in self._announced if item[0].search(line)]
            for item in hits:
                item[1] += 1
            if not hits and TROUBLE.search(line) and \
                    not self._ended_early(line):
                bad.append(line)
        missing = [item[0].pattern for item in self._announced if not item[1]]
        if end:
            self._announced = []
        if bad:
            raise AssertionError("trouble in the Dovecot log:\n" +
                                 "\n".join(bad))
        if missing and end:
            raise AssertionError("announced but not in the Dovecot log: %s" %
                                 missing)

    # Using it.

    def connect(self, security=None, **kwargs):
        """A pop3.Client; security None, "starttls" or "pop3s"."""
        port = self.ports["pop3s" if security == "pop3s" else "pop3"]
        if self.wrap == "valgrind":
            kwargs.setdefault("timeout", 120)
        return pop3.Client(port, security=security, **kwargs)

    def login(self, name="alice", **kwargs):
        """A pop3.Client that is logged in."""
        client = self.connect(**kwargs)
        client.login(name, self.user(name).password)
        return client

    def address(self, name):
        """A user's mail address."""
        return name if "@" in name else "%s@%s" % (name, self.domain)

    def _settings(self):
        """Where programs find them: as in real life the running server is
        asked; to read the file takes longer than most of them do."""
        return self._inside("run/config" if self._process is not None else
                            "dovecot.conf")

    def doveadm(self, *args, **kwargs):
        """doveadm with this server's configuration; CompletedProcess."""
        return self.host.run(self.doveadm_command(*args),
                             env=dict(os.environ, POP3EXT_BLANK=" "),
                             **kwargs)

    def doveadm_command(self, *args):
        """What doveadm() runs, for tests that need more of it."""
        if "pop3-uidl" in args:
            self.host.need_modules("doveadm pop3-uidl")
        command = ["doveadm", "-c", self._settings(), *args]
        if self.wrap != "asan":
            return command
        # 2.3 runs doveconf, which runs doveadm again: with -k it has the
        # variables still.
        return ["env", *self._asan_variables(), "doveadm", "-k", *command[1:]]

    def deliver(self, name, message, folder=None):
        """Put a message into a user's mailbox by dovecot-lda."""
        command = [self.host.programs + "/dovecot-lda", "-c", self._settings(),
                   "-d", name, "-f", "sender@" + self.domain]
        if folder is not None:
            command += ["-o", "lda_mailbox_autocreate=yes", "-m", folder]
        self.host.run(command, input=message,
                      env=dict(os.environ, POP3EXT_BLANK=" "))

    def imap(self, name="alice"):
        """An imaplib connection that is logged in."""
        client = imaplib.IMAP4(LOCALHOST, self.ports["imap"], timeout=20)
        client.login(name, self.user(name).password)
        return client

    def messages(self, name, folder="INBOX"):
        """[(flags, message)] of a folder, read by IMAP: flags a set of
        strings, message bytes.  [] when there is no such folder."""
        client = self.imap(name)
        try:
            status, count = client.select('"%s"' % folder, readonly=True)
            if status != "OK" or count == [b"0"]:
                return []
            _, data = client.fetch("1:*", "(FLAGS BODY.PEEK[])")
            found = []
            for item in data:
                if isinstance(item, tuple):
                    flags = imaplib.ParseFlags(item[0])
                    found.append(({flag.decode() for flag in flags},
                                  item[1]))
            return found
        finally:
            client.logout()


def _stat(pid):
    """(name, state, parent) of a process, None when there is none."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8",
                  errors="replace") as file:
            head, _, tail = file.read().rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = tail.split()[:2]
    return head.partition("(")[2], state, int(parent)


def _children(pid):
    """{pid: name} of a process's children."""
    try:
        # To look at all processes takes as long as what is waited for.
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return {}
    stats = {child: _stat(child) for child in children}
    return {child: stat[0] for child, stat in stats.items()
            if stat is not None}


def _alive(pid):
    """Does a process run (and is no zombie)?"""
    stat = _stat(pid)
    return stat is not None and stat[1] not in "ZX"


def _is_listening(path):
    """Is that a Unix socket that somebody listens on?"""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # The path itself may be too long for an address.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)
            probe.connect("/proc/self/fd/%d/%s" % (folder, path.name))
            return True
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(folder)


def port_is_free(port):
    """Can somebody listen on that port now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True
