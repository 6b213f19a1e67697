import type { Scene } from './pictures.ts';

/** Somebody of the demo. */
export interface DemoPerson {
  username: string;
  bio: string;
  is_private?: boolean;
}

/** A post of the demo: who wrote it, and the pictures, each with its alternative text. */
export interface DemoPost {
  by: string;
  caption: string;
  pictures?: [scene: Scene, alt_text: string][];
  comments?: [by: string, text: string, replies?: [by: string, text: string][]][];
}

export const demoPeople: DemoPerson[] = [
  { username: 'luna', bio: 'Night walks, long exposures, short captions. 🌙' },
  { username: 'mateo', bio: 'Carpenter. I plant trees and photograph the ones that were here before.' },
  { username: 'aiko', bio: '写真と散歩。Photos and walks.' },
  { username: 'omar', bio: 'مصور من عمّان. أحب الصحراء والبحر.' },
  { username: 'freya', bio: 'Northern lights guide. 69° N. Cold hands, warm tea.' },
  { username: 'kofi', bio: 'Patterns everywhere. Textile designer in Accra.' },
  { username: 'ines', bio: 'Surf, salt, repeat.' },
  { username: 'tom_of_the_quite_long_username', bio: 'Yes, it fits. Thirty characters, exactly.' },
  { username: 'priya', bio: 'Architect by day, rooftop stargazer by night ✨' },
  { username: 'noam', bio: 'צילום, הרים, וקפה שחור.' },
  { username: 'zoe', bio: 'I only take pictures of light. 📷' },
  { username: 'lars', bio: 'Trains, fjords, and the occasional moose.' },
  { username: 'mei', bio: '城市夜景收藏家' },
  { username: 'diego', bio: 'Andes on foot. 4,300 km so far.' },
  { username: 'sasha', bio: 'Graphic things on paper.', is_private: true },
  { username: 'amara', bio: 'Marine biologist. Ask me about plankton.' },
  { username: 'finn', bio: 'Learning to see.' },
  { username: 'yuki', bio: 'Snow. ❄️' },
  { username: 'rosa', bio: 'Desert gardener, dune enthusiast.' },
  { username: 'leo', bio: 'New here!' },
];

/** From the oldest to the newest. */
export const demoPosts: DemoPost[] = [
  {
    by: 'leo',
    caption: 'Hello, Noctra! First post. Who should I follow? 👋',
    comments: [
      ['luna', 'Welcome, @leo! Start with @freya, and bring a jacket.'],
      ['freya', 'And gloves. 🧤', [['leo', 'Noted!']]],
    ],
  },
  {
    by: 'kofi',
    caption: 'Three studies for a new cloth. The third one hums. #pattern #textile #design',
    pictures: [
      ['tiles', 'A grid of quarter circles and triangles in red, teal and ochre on cream'],
      ['tiles', 'A grid of arcs in blue, coral and yellow on midnight blue'],
      ['tiles', 'A grid of half moons in sea colours on a pale ground'],
    ],
    comments: [
      ['sasha', 'The second one as a poster, please.'],
      ['priya', 'I would tile a whole staircase with the third.', [['kofi', 'Let us talk, @priya!']]],
    ],
  },
  {
    by: 'ines',
    caption: 'Up before everybody. The sea was glass until eight. #sea #sunrise',
    pictures: [['sea', 'A low white sun over a calm sea, with short bright waves']],
    comments: [['amara', 'And full of plankton, I promise. #sea']],
  },
  {
    by: 'diego',
    caption: 'Day 148. Slept at 4,100 m, woke up above the clouds. #mountains #hiking',
    pictures: [
      ['mountains', 'Four mountain ridges, one behind the other, under a bright sun'],
      ['mountains', 'The same ridges at dusk, dark against a glowing sky'],
    ],
    comments: [
      ['lars', 'What did you eat up there?', [['diego', 'Potatoes. Always potatoes. 🥔']]],
      ['noam', 'Wow. מדהים!'],
    ],
  },
  {
    by: 'finn',
    caption:
      'A question for those who know: why is the sky dark at night, with all these stars in it? #stars',
  },
  {
    by: 'omar',
    caption: 'غروب الشمس في وادي رم. الصمت هناك له لون. #صحراء #غروب مع @rosa',
    pictures: [['dunes', 'Dunes in warm evening light, the sun just above the last of them']],
    comments: [['rosa', 'أجمل مكان في العالم 🧡']],
  },
  {
    by: 'mei',
    caption: '三十八楼的风景。每一扇窗都是一个故事。 #夜景 #city',
    pictures: [
      ['city', 'A skyline at night with hundreds of lit windows under a full moon'],
      ['city', 'Dark towers before a violet evening sky'],
    ],
    comments: [
      ['aiko', '素敵な夜景ですね！'],
      ['priya', 'Which one is yours?'],
    ],
  },
  {
    by: 'yuki',
    caption: 'The forest, the moon, and nobody else. #forest #moon',
    pictures: [['forest', 'Rows of pines, pale in the distance and nearly black in front, under the moon']],
  },
  {
    by: 'zoe',
    caption: 'Rain on the window, traffic behind it. I did not focus, on purpose. #light #bokeh',
    pictures: [['lights', 'Out of focus circles of light in rose, gold and blue on dark purple']],
    comments: [
      ['kofi', 'This is a textile.', [['zoe', 'Take it! 😄']]],
      ['tom_of_the_quite_long_username', 'How do you get them so round?'],
    ],
  },
  {
    by: 'tom_of_the_quite_long_username',
    caption:
      'A longer story about a short walk.\n\nI left at six with an umbrella and the firm belief that I knew the way. By seven I had met two dogs, one heron and a man who sells clocks. By eight I was lost, and it was the best part of the day.\n\nThe picture is from there, wherever that is. #walking #lost',
    pictures: [['dunes', 'Soft hills in violet, one behind the other, with a small moon']],
    comments: [['luna', 'The heron is the main character.']],
  },
  {
    by: 'amara',
    caption: 'Tonight the water glowed when the boat passed. Four hours of sleep, worth it. 🌊✨ #sea #night',
    pictures: [
      ['sea', 'The sea at night, with streaks of light on the water'],
      ['aurora', 'Green and blue light over dark hills'],
      ['sea', 'The same water an hour later, in the first red of the morning'],
    ],
    comments: [
      ['ines', 'Take me along next time, @amara!', [['amara', 'Friday, four o’clock. In the morning.']]],
    ],
  },
  {
    by: 'priya',
    caption: 'Rooftop, 23:40. The city forgets to sleep, and so do we. With @mei #city #night',
    pictures: [['city', 'Office towers at night, every third window lit']],
  },
  {
    by: 'mateo',
    caption: 'Older than my village, and better dressed. #forest #trees',
    pictures: [
      ['forest', 'Tall pines before a red evening sky'],
      ['forest', 'The edge of the wood, with the sun behind it'],
    ],
    comments: [['yuki', 'Please never cut this one.', [['mateo', 'Never. 🌲']]]],
  },
  {
    by: 'sasha',
    caption: 'For followers only: the poster is done. #design',
    pictures: [['tiles', 'Arcs and triangles in three colours']],
  },
  {
    by: 'luna',
    caption: 'The harbour at four. Only the gulls and me. #sea',
    pictures: [['sea', 'A grey green sea with small waves under a low sun']],
  },
  {
    by: 'luna',
    caption: 'My street, from above. Third window, second floor. #city #night',
    pictures: [['city', 'Houses at night with yellow windows']],
  },
  {
    by: 'luna',
    caption: 'Practice makes cold. #aurora',
    pictures: [['aurora', 'Faint green light over a black ridge']],
  },
  {
    by: 'luna',
    caption: 'The hill behind the house pretends to be the Alps. #mountains',
    pictures: [['mountains', 'A range of ridges in violet']],
  },
  {
    by: 'freya',
    caption: 'Off season. It is allowed to be this quiet. #mountains',
    pictures: [['mountains', 'Ridges in blue, without snow']],
  },
  {
    by: 'freya',
    caption: 'Path to the sauna. #forest',
    pictures: [['forest', 'Snowy pines in the moonlight']],
  },
  {
    by: 'zoe',
    caption: 'Market day, seen by a lens that gave up. #light',
    pictures: [['lights', 'Coloured circles of light']],
  },
  {
    by: 'zoe',
    caption: 'Lights with corners, for a change. #city #light',
    pictures: [['city', 'Towers with lit windows']],
  },
  {
    by: 'kofi',
    caption: 'Morning sketch. #pattern',
    pictures: [['tiles', 'Semicircles and triangles in four colours']],
  },
  {
    by: 'ines',
    caption: 'Flat. I read a book. It was good, too. #sea',
    pictures: [['sea', 'A flat sea at noon']],
  },
  { by: 'ines', caption: 'Where the board waits. #dunes', pictures: [['dunes', 'Dunes behind the beach']] },
  {
    by: 'diego',
    caption: 'Day 151. The map says river. #hiking',
    pictures: [['dunes', 'Dry hills in copper']],
  },
  { by: 'aiko', caption: '朝の森。 #森 #散歩', pictures: [['forest', 'A forest in the morning']] },
  { by: 'mei', caption: '雨后。 #夜景', pictures: [['city', 'The skyline after the rain, in blue']] },
  {
    by: 'mateo',
    caption: 'Planted 40 of these today. #trees',
    pictures: [['forest', 'Young pines in rows']],
  },
  {
    by: 'amara',
    caption: 'Calm sea, busy microscope. #sea',
    pictures: [['sea', 'The sea in the last light']],
  },
  {
    by: 'lars',
    caption: 'Window seat, all the way to Bodø. Seventeen hours, zero regrets. #train #mountains',
    pictures: [
      ['mountains', 'Blue ridges under a cold sky'],
      ['mountains', 'Green hills with a white sun above'],
      ['forest', 'Pines that pass by'],
      ['aurora', 'The northern lights over the last station'],
    ],
    comments: [
      ['freya', 'See you at the station!'],
      ['finn', 'Seventeen?! 😳'],
    ],
  },
  {
    by: 'noam',
    caption: 'שקט של בוקר. הר אחד, כוס קפה אחת. #הרים #קפה',
    pictures: [['mountains', 'A single dark ridge before an orange morning sky']],
  },
  {
    by: 'aiko',
    caption: '山の向こうに、もう一つの山。 #山 #散歩 @yuki',
    pictures: [['mountains', 'Ridges in five shades of violet']],
    comments: [['yuki', '❄️❄️❄️']],
  },
  {
    by: 'rosa',
    caption: 'The dunes moved four metres since March. So did my garden fence. #desert #dunes',
    pictures: [
      ['dunes', 'Long dunes in rose and violet'],
      ['dunes', 'The same dunes at noon, in sand and copper'],
    ],
    comments: [['omar', 'The fence was an offering. 😂']],
  },
  {
    by: 'freya',
    caption: 'Kp 7 tonight. I have run out of words, and of battery. With @lars and @luna #aurora #night',
    pictures: [
      ['aurora', 'Curtains of green and violet light over a black ridge, with stars'],
      ['aurora', 'A wide green arc over the hills'],
      ['aurora', 'Blue and rose rays that reach to the top of the sky'],
    ],
    comments: [
      [
        'leo',
        'Is this real??',
        [
          ['freya', 'Come and see.'],
          ['luna', 'It is real. I was there. My fingers were not.'],
        ],
      ],
      ['zoe', 'I only take pictures of light. I quit. This is better.'],
      ['diego', 'Adding 4,000 km to my route.'],
    ],
  },
  {
    by: 'luna',
    caption: 'Moonrise, no edit. Thank you, @freya, for the thermos. 🌙 #moon #sea #night',
    pictures: [
      ['sea', 'The moon low over a violet sea, its light broken into short strokes'],
      ['forest', 'The way back: pines before the last light'],
    ],
    comments: [
      ['mateo', 'The strokes on the water!'],
      ['aiko', '月がきれいですね。'],
      ['finn', 'Saving this one.', [['luna', '🙏']]],
    ],
  },
];
