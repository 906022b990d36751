//! Reply codes of AMQP 0-9-1 and whether each closes the channel or the whole connection.

/// A reply code. Source: amqp-rabbitmq-0.9.1.json, constants; rules ERR-1 and ERR-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum ReplyCode {
    /// 200: the peer closes because it is done.
    ReplySuccess = 200,
    /// 311: the content is too large to take.
    ContentTooLarge = 311,
    /// 312: an unroutable mandatory message comes back; only in `basic.return`.
    NoRoute = 312,
    /// 313: an immediate message has no consumer; RabbitMQ never sends it.
    NoConsumers = 313,
    /// 320: an operator or a shutdown closes the connection.
    ConnectionForced = 320,
    /// 402: an unknown virtual host, in older servers.
    InvalidPath = 402,
    /// 403: no permission, or a reserved name.
    AccessRefused = 403,
    /// 404: no such exchange or queue.
    NotFound = 404,
    /// 405: the queue belongs to another connection.
    ResourceLocked = 405,
    /// 406: a precondition failed, for instance other arguments than at the first declaration.
    PreconditionFailed = 406,
    /// 501: a broken frame.
    FrameError = 501,
    /// 502: a frame with impossible values.
    SyntaxError = 502,
    /// 503: a method out of place.
    CommandInvalid = 503,
    /// 504: a channel that is not open, or open already.
    ChannelError = 504,
    /// 505: a frame that was not expected here.
    UnexpectedFrame = 505,
    /// 506: the server lacks a resource.
    ResourceError = 506,
    /// 530: not allowed by the server's settings.
    NotAllowed = 530,
    /// 540: not implemented.
    NotImplemented = 540,
    /// 541: an error inside the server.
    InternalError = 541,
}

impl ReplyCode {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The name that begins each reply text, for example `PRECONDITION_FAILED`.
    pub const fn name(self) -> &'static str {
        match self {
            ReplyCode::ReplySuccess => "REPLY_SUCCESS",
            ReplyCode::ContentTooLarge => "CONTENT_TOO_LARGE",
            ReplyCode::NoRoute => "NO_ROUTE",
            ReplyCode::NoConsumers => "NO_CONSUMERS",
            ReplyCode::ConnectionForced => "CONNECTION_FORCED",
            ReplyCode::InvalidPath => "INVALID_PATH",
            ReplyCode::AccessRefused => "ACCESS_REFUSED",
            ReplyCode::NotFound => "NOT_FOUND",
            ReplyCode::ResourceLocked => "RESOURCE_LOCKED",
            ReplyCode::PreconditionFailed => "PRECONDITION_FAILED",
            ReplyCode::FrameError => "FRAME_ERROR",
            ReplyCode::SyntaxError => "SYNTAX_ERROR",
            ReplyCode::CommandInvalid => "COMMAND_INVALID",
            ReplyCode::ChannelError => "CHANNEL_ERROR",
            ReplyCode::UnexpectedFrame => "UNEXPECTED_FRAME",
            ReplyCode::ResourceError => "RESOURCE_ERROR",
            ReplyCode::NotAllowed => "NOT_ALLOWED",
            ReplyCode::NotImplemented => "NOT_IMPLEMENTED",
            ReplyCode::InternalError => "INTERNAL_ERROR",
        }
    }

    /// Whether the error ends the whole connection (a hard error) instead of the channel alone.
    pub const fn closes_connection(self) -> bool {
        !matches!(
            self,
            ReplyCode::ContentTooLarge
                | ReplyCode::NoRoute
                | ReplyCode::NoConsumers
                | ReplyCode::AccessRefused
                | ReplyCode::NotFound
                | ReplyCode::ResourceLocked
                | ReplyCode::PreconditionFailed
        )
    }
}
