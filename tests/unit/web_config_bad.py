"""Web configuration files that are refused, with the message for each; promtool must agree unless noted."""

from typing import Final

from tests.unit.web_config_files import HASH, TLS, Case, header, user

_VERSIONS: Final = "expected TLS13, TLS12, TLS11 or TLS10, found"
_BCRYPT: Final = "2: basic_auth_users.a: expected a bcrypt hash of 60 characters such as htpasswd -nBC 10 prints it"
_NO_POLICY: Final = (
    "tls_server_config.client_ca_file: has no effect without client_auth_type; set it to RequireAndVerifyClientCert"
)
_HEADERS: Final = (
    "unknown key; expected Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, "
    "X-Frame-Options, X-XSS-Protection"
)
_NEVER: Final = "a hash that no password ever matches"
BAD: Final = (
    Case("a list", "- a\n", "1: expected a mapping of keys to values, found a list"),
    Case("a word", "junk\n", "1: expected a mapping of keys to values, found 'junk'"),
    Case(
        "no yaml",
        "a: [\n",
        "2: not valid YAML: while parsing a flow node expected the node content, but found '<stream end>'",
    ),
    Case("unknown key", "tls_config: {}\n", '1: tls_config: unknown key; did you mean "tls_server_config"?'),
    Case(
        "unknown key of tls",
        TLS + "  cert: x\n",
        "4: tls_server_config.cert: is not supported; write the certificate to a file and name it in cert_file",
        newer="a key of exporter-toolkit 0.11",
    ),
    Case(
        "unknown key of http",
        "http_server_config: {http3: true}\n",
        '1: http_server_config.http3: unknown key; did you mean "http2"?',
    ),
    Case(
        "key twice",
        "http_server_config: {}\nhttp_server_config: {}\n",
        "2: http_server_config: duplicate key; first defined in line 1",
    ),
    Case(
        "user twice",
        f"basic_auth_users:\n  a: {HASH}\n  a: {HASH}\n",
        "3: basic_auth_users.a: duplicate key; first defined in line 2",
    ),
    Case(
        "tls is a word",
        "tls_server_config: yes\n",
        "1: tls_server_config: expected a mapping of keys to values, found 'yes'",
    ),
    Case(
        "no key",
        "tls_server_config:\n  cert_file: server.pem\n",
        "1: tls_server_config.key_file: is missing; TLS needs cert_file and key_file",
    ),
    Case(
        "no certificate",
        "tls_server_config:\n  key_file: server.key\n",
        "1: tls_server_config.cert_file: is missing; TLS needs cert_file and key_file",
    ),
    Case(
        "no files but client authentication",
        "tls_server_config: {client_auth_type: NoClientCert}\n",
        "1: tls_server_config.cert_file: is missing; TLS needs cert_file and key_file",
    ),
    Case(
        "certificate file missing",
        TLS.replace("server.pem", "no.pem"),
        "2: tls_server_config.cert_file: DIR/no.pem cannot be read: No such file or directory",
    ),
    Case(
        "key file is a directory",
        TLS.replace("server.key", "."),
        "3: tls_server_config.key_file: DIR cannot be read: expected a regular file",
    ),
    Case(
        "certificate is none",
        TLS.replace("server.pem", "junk.pem"),
        "2: tls_server_config.cert_file: expected a certificate in PEM form in DIR/junk.pem",
    ),
    Case(
        "certificate is a key",
        TLS.replace("server.pem", "server.key"),
        "2: tls_server_config.cert_file: expected a certificate in PEM form in DIR/server.key",
    ),
    Case(
        "certificate is broken",
        TLS.replace("server.pem", "broken.pem"),
        "2: tls_server_config.cert_file: cannot be used with key_file ...",
    ),
    Case(
        "key of another",
        TLS.replace("server.key", "other.key"),
        "3: tls_server_config.key_file: is not the key of cert_file",
    ),
    Case(
        "key is encrypted",
        TLS.replace("server.pem", "other.pem").replace("server.key", "encrypted.key"),
        "3: tls_server_config.key_file: is encrypted; expected a key without a passphrase, readable by this user only",
    ),
    Case(
        "certificate is a list",
        TLS.replace("server.pem", "[server.pem]"),
        "2: tls_server_config.cert_file: expected the path of a file or directory; secrets belong in separate files",
    ),
    Case("version unknown", TLS + "  min_version: TLS14\n", f"4: tls_server_config.min_version: {_VERSIONS} 'TLS14'"),
    Case("version is a number", TLS + "  max_version: 1.2\n", f"4: tls_server_config.max_version: {_VERSIONS} 1.2"),
    Case(
        "version in small letters",
        TLS + "  min_version: tls12\n",
        f"4: tls_server_config.min_version: {_VERSIONS} 'tls12'",
    ),
    Case("version empty", TLS + "  min_version: ''\n", f"4: tls_server_config.min_version: {_VERSIONS} ''"),
    Case(
        "cipher unknown",
        TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA265]\n",
        "4: tls_server_config.cipher_suites[0]: expected one of 17 names "
        "such as TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "
        "found 'TLS_AES_128_GCM_SHA265'; did you mean \"TLS_AES_128_GCM_SHA256\"?",
    ),
    Case(
        "cipher that Go calls insecure",
        TLS + "  cipher_suites:\n  - TLS_RSA_WITH_RC4_128_SHA\n",
        "5: tls_server_config.cipher_suites[0]: expected one of 17 names "
        "such as TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "
        "found 'TLS_RSA_WITH_RC4_128_SHA'; did you mean \"TLS_RSA_WITH_AES_128_CBC_SHA\"?",
    ),
    Case(
        "ciphers are a word",
        TLS + "  cipher_suites: TLS_AES_128_GCM_SHA256\n",
        "4: tls_server_config.cipher_suites: expected a list, such as [first, second]",
    ),
    Case(
        "curve unknown",
        TLS + "  curve_preferences: [P-256]\n",
        "4: tls_server_config.curve_preferences[0]: expected CurveP256, CurveP384, CurveP521 or X25519, found 'P-256'",
    ),
    Case(
        "authority without a policy",
        TLS + "  client_ca_file: ca.pem\n",
        f"4: {_NO_POLICY}",
    ),
    Case(
        "authority with the policy of none",
        TLS + "  client_auth_type: NoClientCert\n  client_ca_file: ca.pem\n",
        f"5: {_NO_POLICY}",
    ),
    Case(
        "authority file missing",
        TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: no.pem\n",
        "5: tls_server_config.client_ca_file: DIR/no.pem cannot be read: No such file or directory",
    ),
    Case(
        "client policy unknown",
        TLS + "  client_auth_type: Require\n",
        "4: tls_server_config.client_auth_type: expected NoClientCert, RequestClientCert, VerifyClientCertIfGiven, "
        "RequireAndVerifyClientCert, RequireAnyClientCert or RequireClientCert, found 'Require'",
    ),
    Case(
        "truth is a text",
        TLS + "  prefer_server_cipher_suites: 'true'\n",
        "4: tls_server_config.prefer_server_cipher_suites: expected true or false, found 'true'",
    ),
    Case(
        "truth is a number",
        "http_server_config: {http2: 1}\n",
        "1: http_server_config.http2: expected true or false, found 1",
    ),
    Case(
        "header unknown",
        header("X-Powered-By", "coffee"),
        f"3: http_server_config.headers.X-Powered-By: {_HEADERS}",
    ),
    Case(
        "header in small letters",
        header("x-frame-options", "deny"),
        '3: http_server_config.headers.x-frame-options: unknown key; did you mean "X-Frame-Options"?',
    ),
    Case(
        "header with another value",
        header("X-Frame-Options", "DENY"),
        "3: http_server_config.headers.X-Frame-Options: expected deny or sameorigin, found 'DENY'",
    ),
    Case(
        "header that needs a value",
        header("X-Content-Type-Options", ""),
        "3: http_server_config.headers.X-Content-Type-Options: expected nosniff, found nothing",
    ),
    Case(
        "headers are a list",
        "http_server_config: {headers: []}\n",
        "1: http_server_config.headers: expected a mapping of keys to values, found a list",
    ),
    Case(
        "users are a list",
        "basic_auth_users: [a]\n",
        "1: basic_auth_users: expected a mapping of user names to bcrypt hashes",
    ),
    Case(
        "a password alone",
        "basic_auth_users: secret\n",
        "1: basic_auth_users: expected a mapping of user names to bcrypt hashes",
    ),
    Case(
        "a key instead of its file",
        "tls_server_config: {cert_file: server.pem, key_file: '-----BEGIN PRIVATE KEY----- secret'}\n",
        "1: tls_server_config.key_file: expected the path of a file or directory; secrets belong in separate files",
    ),
    Case("a password in clear", user("secret"), _BCRYPT),
    Case("a user without a hash", "basic_auth_users:\n  a:\n", _BCRYPT),
    Case("a hash of SHA-1", user("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="), _BCRYPT),
    Case("a hash of a future bcrypt", user(HASH.replace("2y", "3a")), _BCRYPT),
    Case("too low a cost", user(HASH.replace("$04", "$03")), _BCRYPT),
    Case("too high a cost", user(HASH.replace("$04", "$32")), _BCRYPT),
    Case("a hash cut off", user(HASH[:-2]), _BCRYPT),
    Case("a hash cut off by one", user(HASH[:-1]), _BCRYPT, stricter=_NEVER),
    Case("a hash with more", user(HASH + "x"), _BCRYPT, stricter=_NEVER),
    Case("a hash with other characters", user(HASH[:-1] + "_"), _BCRYPT, stricter=_NEVER),
    Case("a hash of an unknown kind", user(HASH.replace("2y", "2c")), _BCRYPT, stricter=_NEVER),
    Case("a hash of 1997", user(HASH.replace("2y", "2")), _BCRYPT, stricter="a kind that bcrypt libraries gave up"),
    Case(
        "client certificate of anybody",
        TLS + "  client_auth_type: RequireAnyClientCert\n",
        "4: tls_server_config.client_auth_type: unverified certificates cannot be required; "
        "use RequireAndVerifyClientCert",
        stricter="Python's ssl verifies what it requires",
    ),
    Case(
        "client certificate of anybody by its old name",
        TLS + "  client_auth_type: RequireClientCert\n",
        "4: tls_server_config.client_auth_type: unverified certificates cannot be required; "
        "use RequireAndVerifyClientCert",
        stricter="Python's ssl verifies what it requires",
    ),
    Case(
        "authority file without a certificate",
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: junk.pem\n",
        "5: tls_server_config.client_ca_file: expected a certificate in PEM form in DIR/junk.pem",
        stricter="no client could log in",
    ),
    Case(
        "authority file with a broken certificate",
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: broken.pem\n",
        "5: tls_server_config.client_ca_file: cannot be used ...",
        stricter="no client could log in",
    ),
    Case(
        "versions crossed",
        TLS + "  min_version: TLS13\n  max_version: TLS12\n",
        "5: tls_server_config.max_version: is lower than min_version; no client could connect",
        stricter="no client could connect",
    ),
    Case(
        "two documents",
        "http_server_config: {}\n---\nhttp_server_config: {}\n",
        "2: not valid YAML: expected a single document in the stream but found another document",
        stricter="the second one would be ignored",
    ),
)
