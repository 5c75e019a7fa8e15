"""Addresses, challenges and session descriptions; Digest against the examples of the standards."""

from __future__ import annotations

import pytest

from gateways.video.errors import CameraMisbehaved, StreamUnsupported
from gateways.video.feed import VideoFormat
from gateways.video.rtsp import Authorizer, Reply, body_length, parse_address, parse_challenge, parse_reply_head
from gateways.video.sdp import find_video

SDP = """v=0
s=Camera
a=control:*
m=audio 0 RTP/AVP 97
a=rtpmap:97 MPEG4-GENERIC/16000
a=control:trackID=2
m=video 0 RTP/AVP 98
a=rtpmap:98 H264/90000
a=fmtp:98 packetization-mode=1;sprop-parameter-sets=Z00AKZpmA8ARPyzUBAQFAAADA+gAAMNQBA==,aO48gA==
a=control:trackID=1
"""


def unauthorized(*challenges: str) -> Reply:
    return Reply(401, tuple(("www-authenticate", challenge) for challenge in challenges), b"")


def test_credentials_leave_the_address() -> None:
    address = parse_address("rtsp://admin:p%40ss%3A1@10.0.0.9/live?channel=1")
    assert (address.host, address.port, address.user, address.password) == ("10.0.0.9", 554, "admin", "p@ss:1")
    assert address.url == "rtsp://10.0.0.9/live?channel=1"


@pytest.mark.parametrize("url", ["http://a/b", "rtsp:///x", "", "rtsps://a/b"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(StreamUnsupported):
        parse_address(url)


def test_digest_as_in_rfc_2617() -> None:
    authorizer = Authorizer("Mufasa", "Circle Of Life")
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    challenge = f'Digest realm="testrealm@host.com", nonce="{nonce}", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    assert authorizer.take_challenge(unauthorized(challenge))
    header = authorizer.header("GET", "/dir/index.html")["Authorization"]
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in header
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in header


def test_digest_with_quality_of_protection_counts_its_uses() -> None:
    authorizer = Authorizer("u", "p")
    assert authorizer.take_challenge(
        unauthorized('Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256')
    )
    first, second = authorizer.header("PLAY", "rtsp://a/"), authorizer.header("PLAY", "rtsp://a/")
    assert "nc=00000001" in first["Authorization"]
    assert "nc=00000002" in second["Authorization"]
    assert len(parse_challenge(first["Authorization"])["response"]) == 64


def test_digest_is_preferred_to_basic() -> None:
    authorizer = Authorizer("u", "p")
    assert authorizer.take_challenge(unauthorized('Basic realm="r"', 'Digest realm="r", nonce="n"'))
    assert authorizer.header("PLAY", "rtsp://a/")["Authorization"].startswith("Digest ")


def test_a_password_is_not_offered_twice_for_the_same_challenge() -> None:
    authorizer = Authorizer("u", "p")
    assert authorizer.take_challenge(unauthorized('Digest realm="r", nonce="n"'))
    assert not authorizer.take_challenge(unauthorized('Digest realm="r", nonce="n"'))
    assert authorizer.take_challenge(unauthorized('Digest realm="r", nonce="fresh", stale=true'))


@pytest.mark.parametrize("challenge", ["", "Negotiate abc", 'Digest realm="r", nonce="n", algorithm=SHA-512-256'])
def test_an_unknown_challenge_is_not_answered(challenge: str) -> None:
    assert not Authorizer("u", "p").take_challenge(unauthorized(challenge))


def test_without_a_user_nothing_is_answered() -> None:
    assert not Authorizer("", "").take_challenge(unauthorized('Basic realm="r"'))


def test_the_video_track_is_found_behind_the_audio() -> None:
    track = find_video(SDP.replace("\n", "\r\n"), "rtsp://a/live/")
    assert (track.payload_type, track.control_url, track.session_url) == (
        98,
        "rtsp://a/live/trackID=1",
        "rtsp://a/live/",
    )
    assert isinstance(track.format, VideoFormat)
    assert (track.format.sps[0] & 31, track.format.pps[0] & 31) == (7, 8)


def test_a_query_keeps_its_place_before_the_track() -> None:
    assert find_video(SDP, "rtsp://a/live?channel=1").control_url == "rtsp://a/live?channel=1/trackID=1"


def test_an_absolute_control_is_taken_as_it_is() -> None:
    assert find_video(SDP.replace("trackID=1", "rtsp://b/t"), "rtsp://a/").control_url == "rtsp://b/t"


def test_parameter_sets_may_come_later() -> None:
    assert find_video(SDP.replace("sprop-parameter-sets", "x"), "rtsp://a/").format is None
    assert find_video(SDP.replace("Z00AKZ", "%%%"), "rtsp://a/").format is None


def test_h265_is_refused_by_name() -> None:
    with pytest.raises(StreamUnsupported) as refusal:
        find_video(SDP.replace("H264", "H265"), "rtsp://a/")
    assert "H265" in refusal.value.params["why"]


def test_replies_are_read_strictly() -> None:
    reply = parse_reply_head(b"RTSP/1.0 200 OK\r\nCSeq: 3\r\ncontent-length: 12")
    assert (reply.status, reply.header("cseq"), body_length(reply)) == (200, "3", 12)
    with pytest.raises(CameraMisbehaved):
        parse_reply_head(b"HTTP/1.1 200 OK")
    with pytest.raises(CameraMisbehaved):
        body_length(parse_reply_head(b"RTSP/1.0 200 OK\r\nContent-Length: -4"))
