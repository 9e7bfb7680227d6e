namespace Slipway.Wire.Tests;

public class SipHashTests
{
    private const ulong Key0 = 0x0706_0504_0302_0100;
    private const ulong Key1 = 0x0f0e_0d0c_0b0a_0908;

    // The reference implementation's vectors: the bytes 00, 01, 02, ... of each length.
    [Theory]
    [InlineData(0, "310e0edd47db6f72")]
    [InlineData(1, "fd67dc93c539f874")]
    [InlineData(2, "5a4fa9d909806c0d")]
    [InlineData(3, "2d7efbd796666785")]
    [InlineData(4, "b7877127e09427cf")]
    [InlineData(5, "8da699cd64557618")]
    [InlineData(6, "cee3fe586e46c9cb")]
    [InlineData(7, "37d1018bf50002ab")]
    [InlineData(8, "6224939a79f5f593")]
    [InlineData(9, "b0e4a90bdf82009e")]
    [InlineData(10, "f3b9dd94c5bb5d7a")]
    [InlineData(11, "a7ad6b22462fb3f4")]
    [InlineData(12, "fbe50e86bc8f1e75")]
    [InlineData(13, "903d84c02756ea14")]
    [InlineData(14, "eef27a8e90ca23f7")]
    [InlineData(15, "e545be4961ca29a1")]
    [InlineData(63, "724506eb4c328a95")]
    public void Hash_ReferenceVectors_AreMet(int lengthBytes, string expectedLittleEndian)
    {
        byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++)
        {
            bytes[i] = (byte)i;
        }

        ulong expected = BitConverter.ToUInt64(Convert.FromHexString(expectedLittleEndian));
        Assert.Equal(expected, SipHash.Hash(bytes, Key0, Key1));
    }

    // What CPython 3.11 says of hash(bytes(range(N))), under PYTHONHASHSEED 0 and 7.
    [Theory]
    [InlineData(1, 0, 0, 0xead4_11e6_7ebe_2eea)]
    [InlineData(2, 0, 0, 0x8972_1884_33a5_c5b7)]
    [InlineData(5, 0, 0, 0x95bc_321a_b41d_8206)]
    [InlineData(1, 0x12c8_74a1_806f_0e3d, 0x470a_89d2_f9d2_784f, 0x8450_991e_34fe_08de)]
    [InlineData(2, 0x12c8_74a1_806f_0e3d, 0x470a_89d2_f9d2_784f, 0x642b_ba6a_6c24_ebf5)]
    [InlineData(5, 0x12c8_74a1_806f_0e3d, 0x470a_89d2_f9d2_784f, 0x4b1c_7f0d_8fc0_bca9)]
    public void HashWords_VectorsOfAnother_AreMet(
        int count, ulong key0, ulong key1, ulong expected)
    {
        byte[] bytes = [.. Enumerable.Range(0, 8 * count).Select(number => (byte)number)];
        ulong[] words = [.. Enumerable.Range(0, count)
            .Select(index => BitConverter.ToUInt64(bytes, 8 * index))];
        Assert.Equal(expected, SipHash.HashWords(words, key0, key1));
        if (count == 2)
        {
            Assert.Equal(expected, SipHash.HashWords(words[0], words[1], key0, key1));
        }
    }

    [Fact]
    public void Hash_OtherKey_Differs()
    {
        Assert.NotEqual(SipHash.Hash([1], Key0, Key1), SipHash.Hash([1], Key0 ^ 1, Key1));
        Assert.NotEqual(SipHash.Hash([1], Key0, Key1), SipHash.Hash([1], Key0, Key1 ^ 1));
    }
}
