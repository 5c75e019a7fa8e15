"""What can be wrong with a camera, named after the fact. `why` is for the log, in English."""

from __future__ import annotations

from core.errors import OutsideUnavailable


class CameraFault(OutsideUnavailable):
    """The camera gives no usable picture now. Trying again later may help."""

    message = "摄像头不可用：%(why)s"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class CameraUnreachable(CameraFault):
    """No connection, or it broke."""

    message = "摄像头连接不上：%(why)s"


class CameraSilent(CameraFault):
    """The camera accepted us and then sent nothing for too long."""

    message = "摄像头没有画面：%(why)s"


class CameraRefused(CameraFault):
    """Wrong user or password."""

    message = "摄像头的用户名或密码不对"


class StreamMissing(CameraFault):
    """The camera has no stream at this address."""

    message = "摄像头没有这个地址的画面"


class StreamUnsupported(CameraFault):
    """The stream is of a kind that is not recorded: not H.264, not over TCP, or without key frames."""

    message = "不支持这种视频：%(why)s"


class CameraMisbehaved(CameraFault):
    """What the camera sends follows no protocol."""

    message = "摄像头发来的数据有误：%(why)s"
