"""The cookies of the page: which there are, and how a browser keeps them.

A cookie is only for this host, only over TLS (``Secure``, and a name that begins with ``__Host-``,
which holds the browser to it) and never for scripts (``HttpOnly``). Only on loopback there may be
no TLS. Whether a proxy before the server speaks TLS cannot be seen here: that is taken for granted
for every other host.
"""

from aiohttp import web

from laneway_server.config import is_loopback

SESSION = "laneway-session"
SIGN_IN = "laneway-sign-in"


def is_secure(request: web.Request) -> bool:
    """Whether the browser speaks TLS with the host that it named."""
    return request.secure or not is_loopback(_host(request.host))


def origin(request: web.Request) -> str:
    """The server's origin as the browser sees it, such as ``https://laneway.example.org``."""
    return f"{'https' if is_secure(request) else 'http'}://{request.host}"


def read(request: web.Request, name: str) -> str:
    """A cookie's value; empty where there is none."""
    return request.cookies.get(_name(request, name), "")


def put(
    request: web.Request, response: web.StreamResponse, name: str, value: str, max_age: int
) -> None:
    """Let the browser keep a cookie for so many seconds."""
    # Strict: it does not come with requests that another site's page set off, not even by a link.
    # The page itself needs no cookie. A sign-in comes back from the issuer by such a link.
    same_site = "Strict" if name == SESSION else "Lax"
    response.set_cookie(
        _name(request, name),
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=is_secure(request),
        samesite=same_site,
    )


def removal(request: web.Request, name: str) -> str:
    """The ``Set-Cookie`` header that lets the browser forget a cookie."""
    response = web.Response()
    put(request, response, name, "", 0)
    return response.cookies[_name(request, name)].OutputString()


def _name(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def _host(header: str) -> str:
    """The name in a ``Host`` header, without the port."""
    return header.partition("]")[0] if header.startswith("[") else header.partition(":")[0]
