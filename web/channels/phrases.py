"""The words of messages, in Vietnamese and English: the dashboard's own, for what it has words for. Pure tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. ``said``: sentences with places to fill in, as ``str.format`` does."""

    kind: Mapping[str, str]
    severity: Mapping[str, str]
    duty: Mapping[str, str]
    tamper: Mapping[str, str]
    crossed: Mapping[str, str]
    reason: Mapping[str, str]
    said: Mapping[str, str]


VI = Phrases(
    kind={
        "zone_breach": "Xâm nhập vùng", "line_crossing": "Vượt vạch", "occupancy": "Số người sai quy định",
        "absence": "Vắng người", "loitering": "Nán lại quá lâu", "tamper": "Camera bị can thiệp",
        "camera_offline": "Camera mất tín hiệu", "site_unreachable": "Mất liên lạc khu cách ly",
        "analysis_failed": "Camera không đếm được người", "analysis": "Phân tích không kịp",
        "storage": "Lưu trữ gặp vấn đề", "index": "Chỉ mục bản ghi sai lệch", "clock": "Đồng hồ máy ghi sai lệch",
        "clock_unsynchronized": "Đồng hồ máy ghi chưa được đồng bộ",
        "model": "Thiếu mô hình nhận dạng người", "canary": "Cảnh báo thử không tới đích",
        "site_unrecorded": "Khu cách ly không được ghi hình",
    },
    severity={
        "critical": "Nghiêm trọng", "warning": "Cần chú ý", "info": "Thông tin",
    },
    duty={
        "officer": "cán bộ trực", "site_lead": "trưởng khu", "province": "trực tỉnh", "technician": "kỹ thuật trực",
    },
    tamper={
        "covered": "bị che", "moved": "bị xoay lệch", "defocused": "mất nét", "frozen": "bị đứng hình",
    },
    crossed={
        "a_to_b": "từ A sang B", "b_to_a": "từ B sang A",
    },
    reason={
        "connecting": "đang kết nối", "unauthorized": "sai tài khoản camera", "forbidden": "camera từ chối truy cập",
        "not_found": "không có luồng hình này", "busy": "camera đang khởi động hoặc hết lượt kết nối",
        "unreachable": "không tới được camera", "timeout": "hết thời gian chờ", "no_video": "luồng không có hình",
        "no_keyframe": "camera không gửi khung hình khóa", "unsupported_codec": "chuẩn nén không được hỗ trợ",
        "corrupt": "dữ liệu hình bị hỏng", "disk": "lỗi ổ đĩa lưu trữ", "worker_lost": "bộ ghi ngừng hoạt động",
        "decoder": "hệ thống tạm thời chưa giải mã được hình", "detector_lost": "bộ phân tích ngừng hoạt động",
        "redirected": "camera chuyển sang địa chỉ lạ", "configuration": "cấu hình chưa đúng",
        "ended": "camera ngắt luồng hình", "codec": "camera đổi thông số nén hình",
        "camera_clock": "mốc thời gian từ camera bị nhảy", "lost": "mất gói tin trên đường truyền",
        "clock": "đồng hồ máy ghi được chỉnh, không mất hình", "starting": "bộ ghi đang khởi động",
        "stopped": "bộ ghi được dừng", "crashed": "bộ ghi dừng đột ngột",
        "stalled": "ổ lưu trữ bị treo, chưa ghi được", "disabled": "tắt trong cấu hình", "age": "quá thời hạn lưu",
        "quota": "vượt dung lượng được cấp", "pressure": "sắp đầy, phải xóa bản ghi trước thời hạn",
        "unexplained": "nhật ký không ghi nguyên nhân", "missing": "không thấy ổ lưu trữ",
        "forecast": "dự báo không đủ chỗ lưu theo thời hạn",
        "held_only": "chỉ còn bản ghi được giữ lại, không thể xóa thêm", "full": "ổ lưu trữ đã đầy, ngừng ghi",
        "read_only": "ổ lưu trữ chuyển sang chỉ đọc", "holds_untold": "chưa báo được việc giữ lại cho bộ ghi",
        "holds_unread": "chưa đọc được danh sách giữ lại nên tạm ngừng xóa",
        "undeletable": "có bản ghi hết hạn không xóa được", "unsynchronized": "đồng hồ chưa được đồng bộ",
        "stepped": "đồng hồ bị nhảy giờ", "differences": "tệp, nhật ký và chỉ mục không khớp nhau",
        "overdue": "đã hai ngày chưa hoàn tất lượt kiểm tra hằng đêm nào",
        "analysis_slow": "có camera đang được phân tích chậm hơn mức tối thiểu",
        "stored_missing": "cảnh báo thử không về tới máy chủ, cảnh báo thật có thể cũng vậy",
        "told_missing": "cảnh báo thử về tới máy chủ nhưng không hiện lên màn hình nào",
        "push_failed": "không gửi được tin thử ra ngoài, cán bộ trực có thể không nhận được tin báo",
        "model_fallback": "không nạp được mô hình nhận dạng người, số người chỉ là phỏng đoán theo chuyển động",
    },
    said={
        "quoted": "«{name}»", "in_zone": "trong vùng {zone}", "in_picture": "trong khung hình",
        "breach_one": "{count} người {where}", "breach": "{count} người {where}",
        "loitering_one": "{count} người nán lại {where}", "loitering": "{count} người nán lại {where}",
        "max_one": "{count} người {where}, tối đa {limit}", "max": "{count} người {where}, tối đa {limit}",
        "min_one": "Dưới {count} người {where}", "min": "Dưới {count} người {where}",
        "absence": "Không có ai {where}", "tamper": "Hình {how}", "site_one": "{count} camera mất tín hiệu",
        "site": "{count} camera mất tín hiệu",
        "unrecorded_one": "{count} camera không được ghi hình: bộ ghi ngừng hoạt động",
        "unrecorded": "{count} camera không được ghi hình: bộ ghi ngừng hoạt động",
        "uncounted_one": "{count} camera không đếm được người",
        "uncounted": "{count} camera không đếm được người", "crossed_one": "{count} lượt qua vạch {line}",
        "crossed": "{count} lượt qua vạch {line}", "where": "Nơi: {place}", "node": "máy ghi {node}",
        "when": "Lúc: {time} ngày {day}", "severity": "Mức độ: {severity}", "called": "Đã gọi: {people}",
        "taken": "Đã có người nhận: {name}", "test": "Tin thử từ hệ thống giám sát khu cách ly",
        "test_body": "Kênh «{label}» nhận được tin báo. Gửi thử lúc {time} ngày {day}.",
    },
)  # fmt: skip

EN = Phrases(
    kind={
        "zone_breach": "Zone breach", "line_crossing": "Line crossing", "occupancy": "Occupancy limit",
        "absence": "Nobody present", "loitering": "Loitering", "tamper": "Camera tampered with",
        "camera_offline": "Camera lost", "site_unreachable": "Site unreachable",
        "analysis_failed": "Persons not counted", "analysis": "Analysis cannot keep up", "storage": "Storage trouble",
        "index": "Recording index differs", "clock": "Recorder clock is off",
        "clock_unsynchronized": "Recorder clock is not synchronized", "model": "Person model missing",
        "canary": "Test alert did not arrive", "site_unrecorded": "Site not recorded",
    },
    severity={
        "critical": "Critical", "warning": "Attention", "info": "Information",
    },
    duty={
        "officer": "duty officer", "site_lead": "site lead", "province": "province duty",
        "technician": "technician on duty",
    },
    tamper={
        "covered": "covered", "moved": "turned away", "defocused": "out of focus", "frozen": "frozen",
    },
    crossed={
        "a_to_b": "from A to B", "b_to_a": "from B to A",
    },
    reason={
        "connecting": "connecting", "unauthorized": "camera refused the password",
        "forbidden": "camera refused access", "not_found": "no such stream",
        "busy": "camera starting, or without a free connection", "unreachable": "camera unreachable",
        "timeout": "timed out", "no_video": "stream without video", "no_keyframe": "camera sends no key frames",
        "unsupported_codec": "codec not supported", "corrupt": "damaged video data", "disk": "storage disk error",
        "worker_lost": "recorder stopped", "decoder": "the service cannot decode it at present",
        "detector_lost": "detector stopped", "redirected": "camera redirects to a strange address",
        "configuration": "configuration is wrong", "ended": "camera ended the stream",
        "codec": "camera changed its encoding", "camera_clock": "camera's timestamps jumped",
        "lost": "packets lost on the line", "clock": "the recorder's clock was set, nothing was lost",
        "starting": "recorder starting", "stopped": "recorder was stopped", "crashed": "recorder ended suddenly",
        "stalled": "the disk stands still, nothing is written", "disabled": "switched off in the configuration",
        "age": "older than its retention time", "quota": "above its storage limit",
        "pressure": "nearly full, footage is deleted before its time", "unexplained": "nothing was noted",
        "missing": "the disk is missing", "forecast": "too little room for the retention",
        "held_only": "only held footage is left, nothing more may be deleted",
        "full": "the disk is full, recording has stopped", "read_only": "the disk has become read-only",
        "holds_untold": "recorders could not be told what is held",
        "holds_unread": "the list of holds could not be read, so nothing is deleted",
        "undeletable": "recordings that are due cannot be deleted", "unsynchronized": "the clock is not synchronized",
        "stepped": "the clock has jumped", "differences": "files, journal and index disagree",
        "overdue": "the nightly audit has not been finished for two days",
        "analysis_slow": "cameras are analysed below the least rate",
        "stored_missing": "test alerts do not arrive at the server, real ones may not either",
        "told_missing": "test alerts arrive at the server, but no screen is told of them",
        "push_failed": "test messages cannot be sent out, officers may get none either",
        "model_fallback": "no model that knows persons was loaded, counts are guesses from motion",
    },
    said={
        "quoted": "“{name}”", "in_zone": "in zone {zone}", "in_picture": "in the picture",
        "breach_one": "{count} person {where}", "breach": "{count} persons {where}",
        "loitering_one": "{count} person staying {where}", "loitering": "{count} persons staying {where}",
        "max_one": "{count} person {where}, at most {limit} allowed",
        "max": "{count} persons {where}, at most {limit} allowed", "min_one": "Fewer than {count} person {where}",
        "min": "Fewer than {count} persons {where}", "absence": "Nobody {where}", "tamper": "The picture is {how}",
        "site_one": "{count} camera without a signal", "site": "{count} cameras without a signal",
        "unrecorded_one": "{count} camera not recorded: the recorder has stopped",
        "unrecorded": "{count} cameras not recorded: the recorder has stopped",
        "uncounted_one": "persons are not counted on {count} camera",
        "uncounted": "persons are not counted on {count} cameras", "crossed_one": "{count} crossing of line {line}",
        "crossed": "{count} crossings of line {line}", "where": "Where: {place}", "node": "recorder {node}",
        "when": "When: {time} on {day}", "severity": "Severity: {severity}", "called": "Called: {people}",
        "taken": "Taken by {name}", "test": "Test message of the quarantine sites' camera service",
        "test_body": "The channel “{label}” works. Sent at {time} on {day}.",
    },
)  # fmt: skip

#: A language that there are no words for is Vietnamese: everybody here reads it.
LANGUAGES: Mapping[str, Phrases] = {"vi": VI, "en": EN}
