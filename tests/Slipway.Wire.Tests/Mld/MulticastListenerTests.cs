using CsCheck;

namespace Slipway.Wire.Tests.Mld;

public class MulticastListenerTests
{
    private static readonly IpAddress Mdns = IpAddress.Parse("ff02::fb");
    private static readonly byte[] MdnsBytes =
        [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb];

    private static readonly byte[] Ssdp = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0c];
    private static readonly byte[] Version1Report = [131, 0, 0, 0, 0, 0, 0, 0, .. MdnsBytes];

    // To exclude nothing of ff02::fb, with a word of auxiliary data; to allow two sources of
    // ff02::c; to include nothing of ff02::fb.
    private static readonly byte[] Version2Report =
    [
        143, 0, 0, 0, 0, 0, 0, 3,
        4, 1, 0, 0, .. MdnsBytes, 0xde, 0xad, 0xbe, 0xef,
        5, 0, 0, 2, .. Ssdp, .. new byte[32],
        3, 0, 0, 0, .. MdnsBytes,
    ];

    [Fact]
    public void TryParse_Version1Report_JoinsItsGroup()
    {
        MulticastRecord record = Assert.Single(Read(Version1Report));
        Assert.Equal(Mdns, record.Group);
        Assert.True(record.Joins);
        Assert.False(record.Leaves);
    }

    [Fact]
    public void TryParse_Version1Done_LeavesItsGroup()
    {
        MulticastRecord record = Assert.Single(Read([132, .. Version1Report[1..]]));
        Assert.Equal(Mdns, record.Group);
        Assert.False(record.Joins);
        Assert.True(record.Leaves);
    }

    [Fact]
    public void TryParse_Version2Report_HasItsRecords() =>
        Assert.Equal(
            [
                new(MulticastRecordType.ChangeToExclude, Mdns, 0),
                new(MulticastRecordType.AllowNewSources, IpAddress.Parse("ff02::c"), 2),
                new(MulticastRecordType.ChangeToInclude, Mdns, 0),
            ],
            Read(Version2Report));

    // RFC 3810 sections 5.2.11 and RFC 2710 section 3.7.
    [Fact]
    public void TryParse_MoreThanTheMessage_IsPassedOver()
    {
        Assert.Single(Read([.. Version1Report, 1, 2, 3]));
        Assert.Equal(3, Read([.. Version2Report, 1, 2, 3]).Count);
    }

    [Fact]
    public void TryParse_NoRecords_HasNone() => Assert.Empty(Read([143, 0, 0, 0, 0, 0, 0, 0]));

    [Theory]
    [InlineData(MulticastRecordType.ModeIsInclude, 0, false, true)]
    [InlineData(MulticastRecordType.ModeIsInclude, 1, true, false)]
    [InlineData(MulticastRecordType.ModeIsExclude, 0, true, false)]
    [InlineData(MulticastRecordType.ModeIsExclude, 1, true, false)]
    [InlineData(MulticastRecordType.ChangeToInclude, 0, false, true)]
    [InlineData(MulticastRecordType.ChangeToInclude, 1, true, false)]
    [InlineData(MulticastRecordType.ChangeToExclude, 0, true, false)]
    [InlineData(MulticastRecordType.ChangeToExclude, 1, true, false)]
    [InlineData(MulticastRecordType.AllowNewSources, 0, false, false)]
    [InlineData(MulticastRecordType.AllowNewSources, 1, true, false)]
    [InlineData(MulticastRecordType.BlockOldSources, 0, false, false)]
    [InlineData(MulticastRecordType.BlockOldSources, 1, false, false)]
    [InlineData((MulticastRecordType)0, 0, false, false)]
    [InlineData((MulticastRecordType)7, 1, false, false)]
    public void MulticastRecord_TypeAndSources_Decide(
        MulticastRecordType type, int sources, bool joins, bool leaves)
    {
        MulticastRecord record = new(type, Mdns, sources);
        Assert.Equal(joins, record.Joins);
        Assert.Equal(leaves, record.Leaves);
    }

    [Theory]
    [InlineData(0, 130, ParseError.Field)]
    [InlineData(7, 4, ParseError.TotalLength)]
    [InlineData(6, 255, ParseError.TotalLength)]
    [InlineData(9, 255, ParseError.TotalLength)]
    [InlineData(10, 255, ParseError.TotalLength)]
    [InlineData(11, 10, ParseError.TotalLength)]
    [InlineData(12, 0xfe, ParseError.Field)]
    public void TryParse_ForbiddenField_NamesIt(int offset, byte value, ParseError expected)
    {
        byte[] bytes = [.. Version2Report];
        bytes[offset] = value;
        Assert.Equal(expected, MulticastListenerReport.TryParse(bytes, out _));
    }

    [Fact]
    public void TryParse_Version1OfNoGroup_IsField()
    {
        byte[] bytes = [131, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x80, .. new byte[14]];
        Assert.Equal(ParseError.Field, MulticastListenerReport.TryParse(bytes, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        for (int length = 0; length < Version1Report.Length; length++)
        {
            Assert.Equal(ParseError.Truncated, MulticastListenerReport.TryParse(
                Version1Report.AsSpan(0, length), out _));
        }

        for (int length = 0; length < Version2Report.Length; length++)
        {
            Assert.Equal(
                length < 8 ? ParseError.Truncated : ParseError.TotalLength,
                MulticastListenerReport.TryParse(Version2Report.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void TryParse_AnyBytesBehindAGoodHead_NeverThrowsAndReadsWhatItAccepted() =>
        Gen.Select(
            Gen.OneOf(Gen.Const((byte)131), Gen.Const((byte)132), Gen.Const((byte)143)),
            Gen.Byte[0, 3], Gen.OneOf(Gen.Byte, Gen.Byte[0, 1], Gen.Const((byte)0xff)).Array[0, 90])
            .Sample((type, count, rest) =>
            {
                byte[] bytes = [type, 0, 0, 0, 0, 0, 0, count, .. rest];
                if (MulticastListenerReport.TryParse(bytes, out _) == ParseError.None)
                {
                    Assert.Equal(type == 143 ? count : 1, Read(bytes).Count);
                }

                MulticastListenerReport.TryParse(rest, out _);
            });

    [Fact]
    public void WriteGeneral_DefaultsOfTheRfc_GiveItsLayout()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xaa, 30)];
        Assert.Equal(28, MulticastListenerQuery.WriteGeneral(bytes, 10_000, 2, 125));
        Assert.Equal(
            [130, 0, 0, 0, 0x27, 0x10, 0, 0, .. new byte[16], 2, 125, 0, 0, 0xaa, 0xaa], bytes);
    }

    [Fact]
    public void WriteGeneral_MoreThanTheCodesSay_IsCut()
    {
        byte[] bytes = new byte[28];
        MulticastListenerQuery.WriteGeneral(bytes, 40_000, 9, 300);
        Assert.Equal(
            [130, 0, 0, 0, 0x7f, 0xff, 0, 0, .. new byte[16], 7, 127, 0, 0], bytes);
    }

    private static List<MulticastRecord> Read(byte[] bytes)
    {
        Assert.Equal(
            ParseError.None,
            MulticastListenerReport.TryParse(bytes, out MulticastListenerReport report));
        List<MulticastRecord> records = [];
        MulticastRecordReader reader = report.Records;
        while (reader.TryRead(out MulticastRecord record))
        {
            records.Add(record);
        }

        Assert.False(reader.TryRead(out _));
        return records;
    }
}
